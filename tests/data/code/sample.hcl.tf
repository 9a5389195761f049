terraform {
  required_version = ">= 1.0"
}

# A machine.
resource "aws_instance" "web" {
  ami  = "abc"
  tags = { Name = "web" }

  lifecycle {
    create_before_destroy = true
  }
}

variable "region" {
  default = "eu"
}

locals {
  size = 10
}

output "address" { value = aws_instance.web.ip }
