library(stats)

limit <- 10

# Counts.
size <- function(box) {
  inner <- function(x) x
  length(box)
}

twice = function(x) 2 * x

setClass("Box", representation(items = "list"))
