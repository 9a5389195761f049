#!/usr/bin/env python3
"""What got slower (or larger) between two results files of this folder.

usage: compare_results.py BEFORE.json AFTER.json [--tolerance 0.03] [--all]

A row counts as worse when its median moved the wrong way by more than the tolerance and the two
ranges over the rounds do not overlap; "unsure" when the medians differ that much but the ranges
overlap. Reads google-benchmark's JSON (give it --benchmark_repetitions) and the JSON lines of
bench_encoder and bench_kernels (p10 and p90 are the range), too. Exit 1 when a row is worse.
"""
import argparse
import json
import sys

import measure


# What tells two JSON lines of our own programs apart, in the order of their names.
KEYS = ("bench", "kind", "model", "op", "isa", "precision", "activation", "length", "batch", "rows",
        "threads")


def line_rows(lines: list[dict]) -> dict[str, dict]:
    rows = {}
    for r in lines:
        name = " ".join(f"{k} {r[k]}" if isinstance(r[k], int) else r[k] for k in KEYS if k in r)
        rows[name] = {"name": name, "unit": "Gop/s", "better": "higher", "median": r["gops"],
                      "min": r["gops_p10"], "max": r["gops_p90"]}
    return rows


def google_rows(benchmarks: list[dict]) -> dict[str, dict]:
    runs: dict[str, list[float]] = {}
    units: dict[str, str] = {}
    for b in benchmarks:
        if b.get("run_type", "iteration") == "iteration":
            name = b.get("run_name", b["name"])
            runs.setdefault(name, []).append(b["real_time"])
            units[name] = b["time_unit"]
    return {k: measure.row(k, units[k], "lower", v) for k, v in runs.items()}


def load(path: str) -> tuple[dict, dict[str, dict]]:
    """The machine, and the rows by name."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    try:
        body = json.loads(text)
    except json.JSONDecodeError:
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
        return {}, line_rows(lines)
    if "rows" in body:
        return body["machine"], {r["name"]: r for r in body["rows"]}
    if "benchmarks" in body:
        return {"cpus": body.get("context", {}).get("num_cpus")}, google_rows(body["benchmarks"])
    return {}, line_rows([body])


def verdict(before: dict, after: dict, tolerance: float) -> tuple[float, str]:
    """The change as a factor of goodness (above 1 is better), and a word for it."""
    if min(before["median"], after["median"]) <= 0:
        return 1.0, "same"
    higher = before["better"] == "higher"
    factor = after["median"] / before["median"]
    factor = factor if higher else 1.0 / factor
    if abs(factor - 1.0) <= tolerance:
        return factor, "same"
    apart = after["max"] < before["min"] or after["min"] > before["max"]
    return factor, ("better" if factor > 1 else "worse") if apart else "unsure"


def line(name: str, before: dict, after: dict, factor: float, word: str) -> str:
    def side(r: dict) -> str:
        return f"{r['median']:.5g} [{r['min']:.5g} .. {r['max']:.5g}]"
    return f"{word:<7} x{factor:<6.3f} {name:<56} {side(before)} -> {side(after)} {after['unit']}"


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("before")
    ap.add_argument("after")
    ap.add_argument("--tolerance", type=float, default=0.03)
    ap.add_argument("--all", action="store_true", help="show rows that stayed the same, too")
    a = ap.parse_args()
    (machine_before, before), (machine_after, after) = load(a.before), load(a.after)
    if machine_before != machine_after:
        print("warning: not the same machine; only ratios of one run can be compared")
    both = [k for k in before if k in after]
    judged = {k: verdict(before[k], after[k], a.tolerance) for k in both}
    for k in sorted(both, key=lambda k: judged[k][0]):
        if a.all or judged[k][1] != "same":
            print(line(k, before[k], after[k], *judged[k]))
    for k in sorted(set(before) ^ set(after)):
        print(f"only in the {'first' if k in before else 'second'}: {k}")
    words = [w for _, w in judged.values()]
    print(", ".join(f"{words.count(w)} {w}" for w in ("worse", "unsure", "better", "same")))
    return 1 if "worse" in words else 0


if __name__ == "__main__":
    sys.exit(main())
