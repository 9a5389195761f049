#!/usr/bin/env python3
"""How much memory the first load of a model takes at its highest, while its weights are packed, and
how much a later one takes.

usage: first_load.py QUERN MODEL... [--precision f32]

Each MODEL (a folder or a .gguf file) is loaded twice by a process of its own, with a home that is
empty the first time. One line for each: the packed bytes, the largest section of them, and the peak
of the resident set (as the kernel counts it, ru_maxrss). The bar: the first peak is at most packed
+ largest section + 40 MB. Exit 1 when a model is above it.
"""
import argparse
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

HEADER_BYTES = 128
ALLOWANCE = 40e6


def section_bytes(file: pathlib.Path) -> list[int]:
    """As docs/format_packed.md has it."""
    with file.open("rb") as f:
        header = f.read(HEADER_BYTES)
        n = struct.unpack_from("<Q", header, 24)[0]
        table = f.read(16 * n)
    return [struct.unpack_from("<Q", table, 16 * i)[0] for i in range(n)]


def peak_of(command: list[str], home: str) -> int:
    """Bytes of the resident set at its highest."""
    process = subprocess.Popen(command, env={**os.environ, "QUERN_HOME": home},
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = process.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)}: {message}")
    return usage.ru_maxrss * 1024


def command_for(quern: str, model: str, precision: str) -> list[str]:
    if model.endswith(".gguf"):
        return [quern, "generate", model, "a", "--max-tokens", "1"]
    return [quern, "embed", model, "a", "--precision", precision]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("quern")
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--precision", default="f32")
    options = parser.parse_args()
    is_over = False
    print(f"{'model':40} {'packed':>8} {'largest':>8} {'first':>8} {'later':>8}  MB")
    for model in options.models:
        command = command_for(options.quern, model, options.precision)
        with tempfile.TemporaryDirectory() as home:
            first = peak_of(command, home)
            packed = pathlib.Path(home).glob("packed/*.qpk")
            sizes = section_bytes(max(packed, key=lambda file: file.stat().st_size))
            later = peak_of(command, home)
        bar = sum(sizes) + max(sizes) + ALLOWANCE
        is_over |= first > bar
        cells = " ".join(f"{n / 1e6:8.1f}" for n in (sum(sizes), max(sizes), first, later))
        print(f"{pathlib.Path(model).name:40} {cells}  {'over' if first > bar else 'within'} "
              f"{bar / 1e6:.1f}")
    return 1 if is_over else 0


if __name__ == "__main__":
    sys.exit(main())
