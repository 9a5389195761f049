#!/usr/bin/env python3
"""What got slower (or larger) between two results files of this folder.

usage: compare_results.py BEFORE.json AFTER.json [--tolerance 0.03] [--all]

A row counts as worse when its median moved the wrong way by more than the tolerance and the two
ranges over the rounds do not overlap; "unsure" when the medians differ that much but the ranges
overlap. Reads google-benchmark's JSON too (give it --benchmark_repetitions). Exit 1 when a row is
worse.
"""
import argparse
import json
import sys

import measure


def load(path: str) -> tuple[dict, dict[str, dict]]:
    with open(path, encoding="utf-8") as f:
        body = json.load(f)
    if "benchmarks" not in body:
        return body, {r["name"]: r for r in body["rows"]}
    runs: dict[str, list[float]] = {}
    units: dict[str, str] = {}
    for b in body["benchmarks"]:
        if b.get("run_type", "iteration") == "iteration":
            name = b.get("run_name", b["name"])
            runs.setdefault(name, []).append(b["real_time"])
            units[name] = b["time_unit"]
    rows = {k: measure.row(k, units[k], "lower", v) for k, v in runs.items()}
    return {"machine": body.get("context", {}), "commit": ""}, rows


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
    (head_before, before), (head_after, after) = load(a.before), load(a.after)
    if head_before["machine"] != head_after["machine"]:
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
