#!/usr/bin/env python3
"""Process start to first vector, and memory and cost per text as the input grows.

usage: startup.py --quern FILE --model DIR --cranfield FILE.jsonl [--precision P] [--threads N]
                  [--runs 20] [--skip-growth] [--weights-mb MB] [--out FILE.json]

start     `quern embed MODEL TEXT`, everything in the page cache (one run before the timed ones):
          until the first byte of the vector is there, and until the process has ended
memory    highest resident set (wait4) while embedding Cranfield and files of 10^2 .. 10^5 lines
cost      ms per text of those files, start-up (the time for one text) taken off
The lines of the grown files are 12 tokens each (two of them the template's), all different, so that
their cost can be compared.
Bars: issue's tables; memory is held against the weights' bytes, by default the safetensors' size.
"""
import argparse
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

import measure

# Each is one token of the bert-base vocabulary.
WORDS = ("time year people way day man thing woman life child world school state family student "
         "group country problem hand part place case week company system program question work "
         "government number night point home water room mother area money story fact month lot "
         "right study book eye job word business issue side kind head house service friend father "
         "power hour game line end member law car city community name").split()
SIZES = (100, 1000, 10000, 100000)


def write_lines(path: pathlib.Path, n: int) -> str:
    random.seed(n)
    seen: set[str] = set()
    while len(seen) < n:
        seen.add(" ".join(random.choices(WORDS, k=10)))
    path.write_text("".join(line + "\n" for line in sorted(seen)), encoding="ascii")
    return str(path)


def start_once(command: list[str]) -> tuple[float, float]:
    """ms to the first byte on stdout, and to the end."""
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        first = process.stdout.read(1)
        to_first = time.perf_counter() - started
        process.stdout.read()
        code = process.wait()
        to_end = time.perf_counter() - started
    if code != 0 or not first:
        raise SystemExit(f"{' '.join(command)}: exit {code}")
    return 1000 * to_first, 1000 * to_end


def run_once(command: list[str]) -> tuple[float, float]:
    """Seconds, and the highest resident set in MB, of this process alone."""
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.execv(command[0], command)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(command)}: exit {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def start_rows(embed: list[str], runs: int) -> list[dict]:
    command = embed + ["what are the effects of shear flow on a wing"]
    start_once(command)
    times = [start_once(command) for _ in range(runs)]
    rows = [measure.row("start to first vector", "ms", "lower", [t[0] for t in times]),
            measure.row("start to end of process", "ms", "lower", [t[1] for t in times])]
    for r in rows:
        r["p90"] = statistics.quantiles(r["rounds"], n=10, method="inclusive")[-1] if runs > 1 else r["median"]
        print(f"{r['name']:<28} median {r['median']:8.1f} ms   p90 {r['p90']:8.1f} ms   n {runs}")
    return rows


def growth_rows(embed: list[str], work: pathlib.Path, repeats: int) -> list[dict]:
    out = str(work / "vectors.npy")
    one = write_lines(work / "1.txt", 1)
    base = statistics.median(run_once(embed + ["--texts", one, "--out", out])[0] for _ in range(5))
    rows = []
    for n in SIZES:
        command = embed + ["--texts", write_lines(work / f"{n}.txt", n), "--out", out]
        # Short runs are noisy: as many as take about as long as one of 10^4.
        runs = [run_once(command) for _ in range(max(repeats, min(50, 10000 // n)))]
        cost = [1000 * (seconds - base) / (n - 1) for seconds, _ in runs]
        rows += [measure.row(f"ms per text, {n} texts", "ms", "lower", cost),
                 measure.row(f"peak rss, {n} texts", "MB", "lower", [mb for _, mb in runs])]
        print(f"{n:>7} texts: {rows[-2]['median']:.4f} ms per text "
              f"[{rows[-2]['min']:.4f} .. {rows[-2]['max']:.4f}], "
              f"peak rss {rows[-1]['max']:.1f} MB", flush=True)
    costs = [r["median"] for r in rows if r["unit"] == "ms"]
    print(f"cost per text, most over least: {max(costs) / min(costs):.3f}")
    return rows


def weights_mb(model: str) -> float:
    return sum(p.stat().st_size for p in pathlib.Path(model).glob("*.safetensors")) / 2**20


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--quern", required=True)
    ap.add_argument("--model", required=True)
    ap.add_argument("--cranfield", required=True)
    ap.add_argument("--precision", default="f32")
    ap.add_argument("--threads", type=int, default=0)
    ap.add_argument("--runs", type=int, default=20)
    ap.add_argument("--repeats", type=int, default=3, help="of each grown file")
    ap.add_argument("--skip-growth", action="store_true")
    ap.add_argument("--weights-mb", type=float, default=0.0)
    ap.add_argument("--out", default="")
    a = ap.parse_args()
    quern = str(pathlib.Path(a.quern).resolve())
    embed = [quern, "embed", a.model, "--quiet", "--precision", a.precision]
    if a.threads:
        embed += ["--threads", str(a.threads)]
    busy = measure.others_share()
    if busy > 0.05:
        print(f"warning: {100 * busy:.0f} % of the cores are busy with something else")
    rows = start_rows(embed, a.runs)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        runs = [run_once(embed + ["--texts", a.cranfield, "--out", str(work / "v.npy")])
                for _ in range(a.repeats)]
        rows.append(measure.row("peak rss, Cranfield", "MB", "lower", [mb for _, mb in runs]))
        weights = a.weights_mb or weights_mb(a.model)
        peak = rows[-1]["max"]
        print(f"peak rss, Cranfield: {peak:.1f} MB; weights {weights:.1f} MB: "
              f"1.5 x + 60 = {1.5 * weights + 60:.1f} MB, weights + 50 = {weights + 50:.1f} MB")
        if not a.skip_growth:
            rows += growth_rows(embed, work, a.repeats)
    if a.out:
        settings = {"model": pathlib.Path(a.model).name, "precision": a.precision, "runs": a.runs,
                    "threads": a.threads, "weights_mb": weights, "busy_before": round(busy, 3),
                    "isa": os.environ.get("QUERN_ISA", "")}
        measure.write_results(a.out, "startup", settings, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
