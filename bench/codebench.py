#!/usr/bin/env python3
"""Code search over the exported trees of codebench, as a ranking that its score.py reads.

  codebench.py DATA TREES --quern build/release/bin/quern [--model M|none] [-o RANKING.jsonl]

DATA    the benchmark's folder: repos.json, annotations, score.py
TREES   what its export.sh wrote: TREES/NAME
Each NAME/benchmark_root is indexed anew in a folder of its own, then asked all of its questions in
one process. Prints score.py's last line, and the times: index, first answer, query p50 and p99.
Standard library only.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def run(command, **more):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, **more).stdout


def repositories(data, trees):
    for repo in json.loads((data / "repos.json").read_text()):
        if (data / "annotations" / f"{repo['name']}.json").exists():
            yield repo["name"], trees / repo["name"] / (repo["benchmark_root"] or "")


def ask(args, name, root, queries, work):
    index = work / name
    began = time.perf_counter()
    run([args.quern, "code", "index", root, "--index", index, "--model", args.model, "-q"])
    indexed = time.perf_counter() - began
    file = work / f"{name}.queries"
    file.write_text("".join(json.dumps({"query": q}) + "\n" for q in queries))
    command = [args.quern, "code", "search", "--index", index, "--queries", file, "--no-update", "-q"]
    if args.mode:
        command += ["--mode", args.mode]
    # The root is the second positional; the first is not given where a file is.
    lines = subprocess.run(command, stdout=subprocess.PIPE, cwd=root).stdout.splitlines()
    answers = [json.loads(line) for line in lines]
    return indexed, answers


def first_answer(args, name, root, question, work):
    """Seconds from nothing to an answer by words and names, in a fresh tree."""
    times = []
    for i in range(args.repeat):
        index = work / f"fresh-{i}-{name}"
        began = time.perf_counter()
        subprocess.run([args.quern, "code", "search", question, root, "--index", index, "-q", "--json"],
                       stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("trees", type=Path)
    parser.add_argument("--quern", default="build/release/bin/quern")
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    parser.add_argument("--mode", default="", help="bm25, dense or hybrid")
    parser.add_argument("--repeat", type=int, default=3, help="fresh indexes for the first answer")
    parser.add_argument("-o", "--out", type=Path, help="the ranking")
    args = parser.parse_args()
    args.quern = os.path.abspath(args.quern)
    score = [sys.executable, args.data / "score.py"]
    questions = [json.loads(line) for line in run([*score, "--queries"], stderr=subprocess.DEVNULL).splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        out = args.out or work / "ranking.jsonl"
        all_ms, firsts, indexing = [], [], {}
        with open(out, "w") as ranking:
            for name, root in repositories(args.data, args.trees):
                queries = [q["query"] for q in questions if q["repo"] == name]
                indexing[name], answers = ask(args, name, root.resolve(), queries, work)
                for answer in answers:
                    all_ms.append(answer["ms"])
                    ranking.write(json.dumps({"repo": name, "query": answer["query"],
                                              "results": answer["results"]}) + "\n")
                if args.repeat:
                    firsts.append(first_answer(args, name, root.resolve(), queries[0], work))
        rows = run([*score, "--results", out], stderr=subprocess.DEVNULL).decode().splitlines()
    for row in map(json.loads, rows):
        if "repo" in row:
            print(f"{row['repo']:10} {row['ndcg10_without_flagged']:.4f}  "
                  f"index {indexing[row['repo']]:.2f} s  published "
                  f"semble {row['published'].get('semble_hybrid')}, "
                  f"CodeRankEmbed {row['published'].get('coderankembed_hybrid')}")
    repos = [json.loads(row) for row in rows if '"repo"' in row]
    mean = statistics.mean(r["ndcg10_without_flagged"] for r in repos)
    total = json.loads(rows[-1])
    print(f"nDCG@10, mean of {len(repos)} repositories without the flagged: {mean:.4f}")
    print("by class:", total["by_category"])
    all_ms.sort()
    print(f"query: p50 {all_ms[len(all_ms) // 2]:.2f} ms, p99 {all_ms[len(all_ms) * 99 // 100]:.2f} ms")
    if firsts:
        print(f"first answer in a fresh tree: median {statistics.median(firsts):.3f} s, most {max(firsts):.3f} s")


if __name__ == "__main__":
    main()
