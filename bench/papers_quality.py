#!/usr/bin/env python3
"""Paper search on citation sentences: nDCG@10 and recall@100 of words, vectors and both.

  papers_quality.py LIBRARY DATA [--quern build/release/bin/quern] [--abstracts LIBRARY]

DATA       a folder with queries.jsonl and qrels.tsv (papers_scisumm: citation sentences, and the paper
           that each cites)
LIBRARY    what 'quern papers import LIBRARY --from DATA/papers.jsonl' made
--abstracts  one of DATA/corpus.jsonl: titles and abstracts alone
Standard library only.
"""

import argparse
import math
import subprocess
from pathlib import Path


def relevant(data):
    rows = (data / "qrels.tsv").read_text().splitlines()[1:]
    return {row.split("\t")[0]: row.split("\t")[1] for row in rows}


def run(args, library, mode, snippets=False):
    command = [args.quern, "papers", "search", library, "--queries", args.data / "queries.jsonl", "--run", "-",
               "--top", "100", "--mode", mode] + (["--snippets"] if snippets else [])
    out = subprocess.run([str(a) for a in command], check=True, capture_output=True, text=True).stdout
    found = {}
    for line in out.splitlines():
        query, _, paper, *_ = line.split()
        if paper not in found.setdefault(query, []):
            found[query].append(paper)
    return found


def show(name, found, right):
    gain = hits = 0
    for query, paper in right.items():
        papers = found.get(query, [])
        gain += 1 / math.log2(papers.index(paper) + 2) if paper in papers[:10] else 0
        hits += paper in papers
    print(f"{name:<34} nDCG@10 {gain / len(right):.4f}  recall@100 {hits / len(right):.4f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--quern", default="build/release/bin/quern")
    parser.add_argument("--abstracts", type=Path)
    args = parser.parse_args()
    right = relevant(args.data)
    for library, what in ((args.abstracts, "title and abstract"), (args.library, "everything")):
        for mode in ("bm25", "dense", "hybrid") if library else ():
            show(f"{what}, {mode}", run(args, library, mode), right)
    for mode in ("bm25", "dense", "hybrid"):
        show(f"papers of the passages, {mode}", run(args, args.library, mode, snippets=True), right)


if __name__ == "__main__":
    main()
