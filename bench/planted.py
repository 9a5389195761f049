#!/usr/bin/env python3
"""Does `quern profile` find what was planted, does applying its advice gain what it predicts, is `quern tune` never slower?

usage: planted.py --build build/release --model NAME [--rounds 5] [--tunes 5] [--slow-kernel QUERN --slow-name NAME]

advice  set-ups with one setting that is worse than it could be: `profile` in it, then both settings in turns, --rounds times;
        the gain predicted beside the median gain found.
slow    the first bottleneck where reading weights is slow (a library in front of madvise that takes 1 s per 100 MB, --stream);
        with --slow-kernel also that of another build of quern, which has a kernel that was made slow, to be named --slow-name.
tune    `quern tune` --tunes times; what it chose and the defaults in turns: the median ratio.
Needs Linux, cc and the program quern of the build. Exit 1 where a bottleneck is not named first, or a prediction is off by over 20 %.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

SLOW_DISK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <unistd.h>
int madvise(void* p, size_t n, int advice) {
  static int (*next)(void*, size_t, int);
  if (!next) next = (int (*)(void*, size_t, int))dlsym(RTLD_NEXT, "madvise");
  if (advice == 22) usleep((useconds_t)(n / 100));
  return next(p, n, advice);
}
"""
PLANTED = [["--threads", "1"], ["--precision", "f32"], ["--batch-tokens", "16"]]


def profile(quern: str, model: str, *options: str, env=None) -> dict:
    command = [quern, "profile", model, "--json", *options]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True,
                                     env={**os.environ, **(env or {})}).stdout)


def rate(quern: str, model: str, *options: str) -> float:
    return profile(quern, model, "--no-trials", *options)["per_second"]


def gain_found(quern: str, model: str, before: list[str], after: list[str], rounds: int) -> float:
    return statistics.median(rate(quern, model, *after) / rate(quern, model, *before) for _ in range(rounds))


def advice(quern: str, model: str, rounds: int) -> bool:
    good = True
    for planted in PLANTED:
        given = profile(quern, model, *planted)["recommendations"]
        if not given:
            print(f"{' '.join(planted):22} no advice")
            good = False
            continue
        told = re.search(r"\((--\S+) (\S+)\)", given[0]["what"])
        after = [told.group(1), told.group(2)] if told else []
        found = gain_found(quern, model, planted, after, rounds)
        predicted = given[0]["gain"]
        # Of the gain, not of the speed.
        is_near = abs(found - predicted) <= 0.2 * max(predicted - 1, 0.05)
        good = good and is_near
        print(f"{' '.join(planted):22} {given[0]['what']}: predicted {predicted:.2f} x, found {found:.2f} x"
              f"{'' if is_near else '   OFF BY OVER 20 %'}")
    return good


def named_first(report: dict, name: str, what: str) -> bool:
    first = [each["name"] for each in report["bottlenecks"][:3]]
    good = bool(first) and first[0] == name
    print(f"{what:22} first: {', '.join(first)}{'' if good else f'   WANT {name}'}")
    return good


def slow_disk(quern: str, model: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "slow.c")
        source.write_text(SLOW_DISK, encoding="utf-8")
        library = str(pathlib.Path(folder, "slow.so"))
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, str(source), "-ldl"], check=True)
        report = profile(quern, model, "--stream", "--no-trials", env={"LD_PRELOAD": library})
    return named_first(report, "weights", "slow disk")


def tune(quern: str, model: str, n: int, rounds: int) -> None:
    for i in range(n):
        with tempfile.NamedTemporaryFile(suffix=".json") as out:
            subprocess.run([quern, "tune", model, "--out", out.name], check=True, capture_output=True)
            chosen = json.loads(pathlib.Path(out.name).read_text(encoding="utf-8"))["chosen"]
        options = [part for name, value in chosen.items() for part in (f"--{name}", str(value))]
        ratio = gain_found(quern, model, [], options, rounds) if options else 1.0
        print(f"tune {i + 1}: {' '.join(options) or 'the defaults'}: {ratio:.3f} of the defaults' speed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tunes", type=int, default=5)
    parser.add_argument("--slow-kernel")
    parser.add_argument("--slow-name")
    options = parser.parse_args()
    quern = str(options.build / "bin/quern")
    good = advice(quern, options.model, options.rounds)
    good = slow_disk(quern, options.model) and good
    if options.slow_kernel:
        report = profile(options.slow_kernel, options.model, "--no-trials")
        good = named_first(report, options.slow_name, "slow kernel") and good
    tune(quern, options.model, options.tunes, options.rounds)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
