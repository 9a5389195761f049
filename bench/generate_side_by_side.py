#!/usr/bin/env python3
"""quern and llama.cpp on the same GGUF files, taking turns, and their ratios with the spread.

usage: generate_side_by_side.py --quern FILE [--rounds 5] [--tests pp512,tg64] [--repeat 1]
                                [--threads N] [--out bench/results/NAME.json] GGUF...

Each round runs both once for each file, in an order that turns, each in a process of its own that is gone
before the next one starts; a ratio is taken within one round. ppN is a prompt of N tokens from an
empty context, tgN are N single tokens behind a prompt of 32; of both the best of --repeat runs behind a
warm-up counts. load is from the start of loading to the first token of a prompt of 8. rss is what the
process holds after the tests; quern's kernels read packed weights that the first run leaves behind.
Needs llama-cpp-python, built for this machine; both use the same number of threads.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

import measure

SETTLE_S = 0.5  # Lets the last one's memory go back.


def resident_mb() -> float:
    with open("/proc/self/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def best_seconds(repeat: int, run, prepare) -> float:
    best = float("inf")
    for _ in range(repeat + 1):
        prepare()
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def run_llama_cpp(path: str, tests: list[str], repeat: int, threads: int) -> dict:
    """In this process, which was made for it."""
    import llama_cpp  # Not needed by the process that takes turns.

    start = time.perf_counter()
    model = llama_cpp.Llama(path, n_ctx=2048, n_batch=2048, n_ubatch=512, n_threads=threads,
                            n_threads_batch=threads, verbose=False)
    n_vocab = model.n_vocab()
    ids = [(7919 * i + 31) % (n_vocab - 300) + 260 for i in range(1024)]  # No control tokens.
    model.eval(ids[:8])
    out = {"load_ms": (time.perf_counter() - start) * 1e3, "version": llama_cpp.__version__}

    def restart(n: int) -> None:
        model.reset()
        if n:
            model.eval(ids[:n])

    def decode(n: int) -> None:
        for i in range(n):
            model.eval([ids[32 + i]])

    for test in tests:
        n = int(test[2:])
        if test.startswith("pp"):
            out[test] = n / best_seconds(repeat, lambda: model.eval(ids[:n]), lambda: restart(0))
        else:
            out[test] = n / best_seconds(repeat, lambda: decode(n), lambda: restart(32))
    out["rss_mb"] = resident_mb()
    return out


class Quern:
    label = "quern"

    def __init__(self, a):
        self.a = a

    def run(self, path: str) -> dict:
        a = self.a
        found = measure.quern_json([a.quern, "bench", "generate", path, "--json", "--threads",
                                    str(a.threads), "--repeat", str(a.repeat), "--only", a.tests])
        return {**found, "load_ms": found["first_token_ms"]}


class LlamaCpp:
    label = "llama.cpp"

    def __init__(self, a):
        self.a = a

    def run(self, path: str) -> dict:
        a = self.a
        command = [sys.executable, str(pathlib.Path(__file__).resolve()), "--peer", "--tests",
                   a.tests, "--repeat", str(a.repeat), "--threads", str(a.threads), path]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"llama.cpp on {path}: exit {done.returncode}\n{done.stderr[-2000:]}")
        return json.loads(done.stdout.strip().splitlines()[-1])


def rows_of(name: str, key: str, seen: dict[str, list[float]]) -> list[dict]:
    """Above 1 quern is the better one, whatever is compared."""
    unit, better = {"load_ms": ("ms", "lower"), "rss_mb": ("MB", "lower")}.get(
        key, ("tokens/s", "higher"))
    out = [measure.row(f"{name} {key} {label}", unit, better, values)
           for label, values in seen.items()]
    pairs = zip(seen["quern"], seen["llama.cpp"])
    ratios = [q / p if better == "higher" else p / q for q, p in pairs]
    return out + [measure.row(f"{name} {key} ratio", "x", "higher", ratios)]


def compare(a, path: str, about: dict) -> list[dict]:
    name = pathlib.Path(path).stem
    keys = [*a.tests.split(","), "load_ms", "rss_mb"]
    seen = {key: {"quern": [], "llama.cpp": []} for key in keys}
    turns = [Quern(a), LlamaCpp(a)]
    turns[0].run(path)  # Packs the weights; and the file is in the page cache for both.
    for r in range(a.rounds):
        for contestant in turns if r % 2 == 0 else turns[::-1]:
            time.sleep(SETTLE_S)
            found = contestant.run(path)
            about[contestant.label] = {k: found[k] for k in ("isa", "version") if k in found}
            for key in keys:
                seen[key][contestant.label].append(found[key])
        line = "  ".join(f"{key} {seen[key]['quern'][-1]:.0f} / {seen[key]['llama.cpp'][-1]:.0f}"
                         for key in keys)
        print(f"{name} round {r + 1}/{a.rounds} (quern / llama.cpp): {line}", flush=True)
    return [row for key in keys for row in rows_of(name, key, seen[key])]


def show(rows: list[dict]) -> None:
    for r in rows:
        digits = 0 if r["median"] >= 1000 else 2
        print(f"{r['name']:<58} {r['median']:>10.{digits}f} {r['unit']:<9}"
              f"[{r['min']:.{digits}f} .. {r['max']:.{digits}f}]")


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("gguf", nargs="+")
    ap.add_argument("--quern", default="")
    ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--tests", default="pp512,tg64", help="of pp128, pp512, tg64")
    ap.add_argument("--repeat", type=int, default=1)
    ap.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    ap.add_argument("--out", default="")
    ap.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    a = ap.parse_args()
    if a.peer:
        print(json.dumps(run_llama_cpp(a.gguf[0], a.tests.split(","), a.repeat, a.threads)))
        return 0
    if not a.quern:
        ap.error("--quern is missing")
    if not set(a.tests.split(",")) <= {"pp128", "pp512", "tg64"}:
        ap.error("--tests wants some of pp128, pp512, tg64")
    busy = measure.others_share()
    if busy > 0.05:
        print(f"warning: {100 * busy:.0f} % of the cores are busy with something else")
    ticks = measure.cpu_ticks()
    about: dict = {}
    rows = [row for path in a.gguf for row in compare(a, path, about)]
    show(rows)
    if a.out:
        spent = {k: v - ticks[k] for k, v in measure.cpu_ticks().items()}
        settings = {"models": [pathlib.Path(p).name for p in a.gguf], "rounds": a.rounds,
                    "tests": a.tests, "repeat": a.repeat, "threads": a.threads,
                    "busy_before": round(busy, 3),
                    "steal": round(spent["steal"] / max(1, sum(spent.values())), 4)}
        measure.write_results(a.out, "generate_side_by_side", settings, rows, contestants=about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
