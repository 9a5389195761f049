#!/usr/bin/env python3
"""Code search over the exported trees of codebench, as a ranking that its score.py reads.

  codebench.py DATA TREES --quern build/release/bin/quern [--model M|none] [-o RANKING.jsonl]
  codebench.py DATA TREES --ablate       also without each part of the order, one at a time

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


def index_tree(args, name, root, queries, work):
    (work / f"{name}.queries").write_text("".join(json.dumps({"query": q}) + "\n" for q in queries))
    began = time.perf_counter()
    run([args.quern, "code", "index", root, "--index", work / name, "--model", args.model, "-q"])
    return time.perf_counter() - began


# What leaves a part of the order out, by its name (docs/code_search.md).
ABLATIONS = {
    "vectors": "dense_of_words=0,dense_of_symbol=0",
    "words and names": "dense_of_words=1,dense_of_symbol=1",
    "definitions": "definition=0,definition_any_case=0,file_of_name=0",
    "definitions that a sentence mentions": "named_definition=0",
    "names of files": "file_name=0",
    "other candidates of the file": "coherence=0",
    "tests later": "test=1",
    "examples, documents, configuration later": "example=1,docs=1,config=1",
    "vendored, generated later": "vendored=1,generated=1",
    "further pieces of a file later": "repetition=1",
    "all of the order": "definition=0,definition_any_case=0,file_of_name=0,named_definition=0,file_name=0,"
                        "coherence=0,test=1,example=1,docs=1,config=1,vendored=1,generated=1,repetition=1",
}


def ranking_of(args, questions, work, weights, out):
    """Asks the indexes that there are; milliseconds of each query."""
    times = []
    with open(out, "w") as ranking:
        for name, root in repositories(args.data, args.trees):
            command = [args.quern, "code", "search", "--index", work / name, "--queries",
                       work / f"{name}.queries", "--no-update", "-q", "--weights", weights]
            if args.mode:
                command += ["--mode", args.mode]
            lines = subprocess.run(command, stdout=subprocess.PIPE, cwd=root).stdout.splitlines()
            for answer in map(json.loads, lines):
                times.append(answer["ms"])
                ranking.write(json.dumps({"repo": name, "query": answer["query"],
                                          "results": answer["results"]}) + "\n")
    return times


def scores(args, out):
    rows = run([sys.executable, args.data / "score.py", "--results", out],
               stderr=subprocess.DEVNULL).decode().splitlines()
    repos = [json.loads(row) for row in rows if '"repo"' in row]
    return repos, json.loads(rows[-1]), statistics.mean(r["ndcg10_without_flagged"] for r in repos)


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
    parser.add_argument("--weights", default="", help="other weights of the order")
    parser.add_argument("--ablate", action="store_true")
    parser.add_argument("--repeat", type=int, default=3, help="fresh indexes for the first answer")
    parser.add_argument("-o", "--out", type=Path, help="the ranking")
    args = parser.parse_args()
    args.quern = os.path.abspath(args.quern)
    questions = [json.loads(line) for line in run([sys.executable, args.data / "score.py", "--queries"], stderr=subprocess.DEVNULL).splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        out = args.out or work / "ranking.jsonl"
        firsts, indexing = [], {}
        for name, root in repositories(args.data, args.trees):
            queries = [q["query"] for q in questions if q["repo"] == name]
            indexing[name] = index_tree(args, name, root.resolve(), queries, work)
            if args.repeat:
                firsts.append(first_answer(args, name, root.resolve(), queries[0], work))
        times = sorted(ranking_of(args, questions, work, args.weights, out))
        repos, total, mean = scores(args, out)
        for row in repos:
            print(f"{row['repo']:10} {row['ndcg10_without_flagged']:.4f}  "
                  f"index {indexing[row['repo']]:.2f} s  published "
                  f"semble {row['published'].get('semble_hybrid')}, "
                  f"CodeRankEmbed {row['published'].get('coderankembed_hybrid')}")
        print(f"nDCG@10, mean of {len(repos)} repositories without the flagged: {mean:.4f}")
        print("by class:", total["by_category"])
        print(f"query: p50 {times[len(times) // 2]:.2f} ms, p99 {times[len(times) * 99 // 100]:.2f} ms")
        if firsts:
            print(f"first answer in a fresh tree: median {statistics.median(firsts):.3f} s, "
                  f"most {max(firsts):.3f} s")
        if args.ablate:
            for what, weights in ABLATIONS.items():
                ranking_of(args, questions, work, weights, work / "without.jsonl")
                without = scores(args, work / "without.jsonl")[2]
                print(f"without {what:42} {without:.4f}  {without - mean:+.4f}")


if __name__ == "__main__":
    main()
