#!/usr/bin/env bash
# The Debian packages that Quern needs, listed here and nowhere else, and the checks of a machine.
#
#   tools/setup.sh build     installs what building the program needs
#   tools/setup.sh test      ... and what running every test needs
#   tools/setup.sh list SET  prints the packages of a set
#
# Needs root or sudo only when something is missing.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)

build_packages=(
  g++ cmake ninja-build ccache
  libboost1.81-dev libcli11-dev libcurl4-openssl-dev libedit-dev libfmt-dev libpcre2-dev libpugixml-dev libsimdjson-dev libspdlog-dev libsqlite3-dev libssl-dev libstemmer-dev libtomlplusplus-dev libtree-sitter-dev
  libutf8proc-dev libxxhash-dev libzstd-dev nlohmann-json3-dev prometheus-cpp-dev
  libbenchmark-dev libgtest-dev libgmock-dev librapidcheck-dev
  ca-certificates poppler-utils python3 python3-pip
)
test_packages=("${build_packages[@]}" clang-format-19 git)

fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}

packages_of() {
  case "$1" in
    build) printf '%s\n' "${build_packages[@]}" ;;
    test) printf '%s\n' "${test_packages[@]}" ;;
    *) fail "no package set '$1', want build or test" ;;
  esac
}

missing_of() {
  local package
  for package in $(packages_of "$1"); do
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q 'ok installed' ||
      printf '%s ' "$package"
  done
}

# free_mb FOLDER: megabytes free where FOLDER is, or will be.
free_mb() {
  local folder=$1
  while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
  df -Pm "$folder" | awk 'NR == 2 { print $4 }'
}

need_space() {
  local folder=$1 want=$2 what=$3 got
  got=$(free_mb "$folder")
  [ "$got" -ge "$want" ] ||
    fail "not enough disk space for $what: $got MB are free in $folder, want $want MB"
}

check_system() {
  command -v dpkg-query > /dev/null && command -v apt-get > /dev/null ||
    fail "this is not a Debian system (no apt-get)" \
      "install by hand: $(packages_of "$1" | tr '\n' ' ')" "then build: see README.md"
  local id version
  id=$(. /etc/os-release && echo "${ID:-unknown}")
  version=$(. /etc/os-release && echo "${VERSION_ID:-unknown}")
  [ "$id $version" = "debian 12" ] ||
    printf 'setup: this is %s %s; only Debian 12 is tested, going on\n' "$id" "$version" >&2
}

install_missing() {
  local missing=$1 as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo > /dev/null ||
      fail "some packages are missing and only root may install them" \
        "run this as root, or install sudo, or have root run:" "  apt-get install $missing"
    as_root=(sudo)
  fi
  need_space / 900 "Debian packages"
  local log
  log=$(mktemp)
  printf 'setup: installing %s\n' "$missing"
  if ! "${as_root[@]}" apt-get update -q > "$log" 2>&1 || grep -q '^[WE]: Failed to fetch' "$log"
  then
    tail -n 5 "$log" >&2
    fail "cannot reach the Debian package servers: is there a network?"
  fi
  # shellcheck disable=SC2086
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends $missing > "$log" 2>&1; then
    tail -n 15 "$log" >&2
    fail "apt-get could not install the packages; its last lines are above"
  fi
  rm -f "$log"
}

check_compiler() {
  local compiler=${CXX:-g++} version
  command -v "$compiler" > /dev/null || fail "no C++ compiler '$compiler'"
  # Ask the compiler itself: a number alone says nothing of clang.
  if ! printf '#include <version>\n#if __cplusplus < 202002L || !defined(__cpp_lib_to_chars)\n#error old\n#endif\n' |
    "$compiler" -std=c++20 -x c++ -fsyntax-only - 2> /dev/null; then
    version=$("$compiler" -dumpfullversion -dumpversion 2>/dev/null || echo unknown)
    fail "$compiler $version is too old, want g++ 12 or newer (CXX= names another compiler)"
  fi
}

[ $# -ge 1 ] || fail "usage: tools/setup.sh build|test|list SET"
if [ "$1" = list ]; then
  packages_of "${2:-build}"
  exit
fi
check_system "$1"
missing=$(missing_of "$1")
[ -z "$missing" ] || install_missing "$missing"
check_compiler
need_space "$repository" 1000 "the build"
