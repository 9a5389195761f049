#!/usr/bin/env python3
"""Code search over functions that people were asked about: nDCG@10 of words, of vectors and of both.

  code_questions.py DATA... [--quern build/release/bin/quern] [--model M]

DATA  a folder with corpus.jsonl, queries.jsonl and qrels.tsv (CoSQA, a sample of CodeSearchNet); each
      function becomes a file of a tree, which is indexed as any tree is. A question counts where
      something is right for it. Standard library only.
"""

import argparse
import json
import math
import os
import subprocess
import tempfile
from pathlib import Path

EXTENSIONS = {"go": "go", "java": "java", "javascript": "js", "php": "php", "python": "py", "ruby": "rb"}


def lines(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


def write_tree(data, tree):
    for entry in lines(data / "corpus.jsonl"):
        language = entry.get("metadata", {}).get("language", "python")
        head = "<?php\n" if language == "php" else ""
        (tree / f"{entry['_id']}.{EXTENSIONS[language]}").write_text(head + entry["text"] + "\n")


def relevant(data):
    out = {}
    for row in (data / "qrels.tsv").read_text().splitlines()[1:]:
        query, document, score = row.split("\t")
        if int(score) > 0:
            out.setdefault(query, set()).add(document)
    return out


def ndcg(found, right):
    gain = sum(1 / math.log2(i + 2) for i, name in enumerate(found[:10]) if name in right)
    return gain / sum(1 / math.log2(i + 2) for i in range(min(10, len(right))))


def measure(args, data, work):
    tree = work / "tree"
    tree.mkdir()
    write_tree(data, tree)
    right = relevant(data)
    queries = [q for q in lines(data / "queries.jsonl") if q["_id"] in right]
    asked = work / "queries.jsonl"
    asked.write_text("".join(json.dumps({"query": q["text"]}) + "\n" for q in queries))
    index = [args.quern, "code", "index", tree, "--index", work / "index", "--model", args.model, "-q"]
    subprocess.run([str(a) for a in index], check=True)
    print(f"{data.name}, {len(queries)} questions, nDCG@10:", end="", flush=True)
    for mode in ("bm25", "dense", "hybrid"):
        command = [args.quern, "code", "search", "--index", work / "index", "--queries", asked, "--mode", mode,
                   "--no-update", "-q", "-k", "10"]
        answers = subprocess.run([str(a) for a in command], stdout=subprocess.PIPE, check=True, cwd=tree).stdout
        total = 0
        for query, line in zip(queries, answers.splitlines(), strict=True):
            found = list(dict.fromkeys(Path(hit["path"]).stem for hit in json.loads(line)["results"]))
            total += ndcg(found, right[query["_id"]])
        print(f"  {mode} {total / len(queries):.4f}", end="", flush=True)
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--quern", default="build/release/bin/quern")
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    args = parser.parse_args()
    args.quern = os.path.abspath(args.quern)
    for data in args.data:
        with tempfile.TemporaryDirectory() as folder:
            measure(args, data, Path(folder))


if __name__ == "__main__":
    main()
