#!/bin/bash
# A script.
set -euo pipefail

LIMIT=10
readonly NAME="shop"

# Says how it is used.
usage() {
  echo "usage: $0"
}

function build {
  local target=$1
  make "$target"
}

function clean() ( rm -rf build )

build all
