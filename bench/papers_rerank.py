#!/usr/bin/env python3
"""Time of paper and passage search with the best 50 reranked by a cross-encoder, over many papers, beside
the model's own time for the same pairs of texts.

  papers_rerank.py make DATA OUT.jsonl [--n 100000]
  papers_rerank.py time LIBRARY DATA MODEL [--n 30] [--deadline 130] [--quern build/release/bin/quern]

make    writes papers made of the titles and sentences of DATA/papers.jsonl (papers_scisumm), each another:
        'quern papers import LIBRARY --from OUT.jsonl' makes the library
time    MODEL is any reranker. A trained one can be had from the hub ('quern pull
        hf:cross-encoder/ms-marco-MiniLM-L-6-v2'); tools/make_random_bert.py --shape minilm --cross-encoder
        writes one of that shape with random weights, which takes the same time and orders at random
Standard library only.
"""

import argparse
import json
import random
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path


def make(args):
    rng = random.Random(1)
    titles, sentences = [], []
    for line in open(args.data / "papers.jsonl"):
        paper = json.loads(line)
        titles.append(paper["title"].split())
        for section in paper["sections"]:
            sentences += [s for s in re.split(r"(?<=[.]) ", section["text"]) if 60 < len(s) < 250]
    with open(args.out, "w") as out:
        for i in range(args.n):
            first, second = rng.choice(titles), rng.choice(titles)
            title = first[: len(first) // 2 + 1] + second[len(second) // 2:]
            out.write(json.dumps({"corpusId": i + 1, "title": " ".join(title) + f" {i + 1}", "year": 1980 + i % 45,
                                  "authors": [{"name": f"Ada Writer{i % 9973}"}],
                                  "abstract": " ".join(rng.sample(sentences, args.sentences))}) + "\n")


def quern(args, *command):
    return subprocess.run([args.quern, *map(str, command)], check=True, capture_output=True, text=True).stdout


def search(args, queries, *flags):
    lines = quern(args, "papers", "search", args.library, "--queries", queries, "--top", 50, "--passages", 0, "--json",
                  *flags).splitlines()
    return [json.loads(line) for line in lines]


def p50(values):
    return statistics.median(values)


def text_of(hit):
    """What the model reads beside the question."""
    if "text" in hit:
        return hit["text"]
    return hit["title"] + "\n" + (hit.get("abstract") or "")


def alone(args, found, kind):
    """Milliseconds of the model for 50 such pairs in one process: of many less those of the first 50."""
    sets = [[text_of(hit) for hit in one[kind]] for one in found[: args.alone]]
    times = []
    for texts in (sum(sets, []), sets[0]):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write("".join(json.dumps({"text": text}) + "\n" for text in texts))
            file.flush()
            start = time.monotonic()
            quern(args, "rerank", args.model, "--query", found[0]["query"], "--texts", file.name)
            times.append(1000 * (time.monotonic() - start))
    return (times[0] - times[1]) / (len(sets) - 1)


def measure(args):
    lines = [json.loads(line) for line in open(args.data / "queries.jsonl")]
    short = [q for q in lines if 3 <= len(q["text"].split())][:: max(1, len(lines) // args.n)][: args.n]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("".join(json.dumps({"id": q["_id"], "text": " ".join(q["text"].split()[:8])}) + "\n" for q in short))
        file.flush()
        for kind, flags in (("papers", []), ("snippets", ["--snippets"])):
            plain = search(args, file.name, *flags)[1:]
            whole = search(args, file.name, *flags, "--rerank", args.model)[1:]
            cut = search(args, file.name, *flags, "--rerank", args.model, "--deadline", args.deadline)[1:]
            own = alone(args, whole, kind)
            print(f"{kind}: without {p50([a['ms']['total'] for a in plain]):.1f} ms; with 50 reranked "
                  f"{p50([a['ms']['total'] for a in whole]):.0f} ms, of these {p50([a['ms']['rerank'] for a in whole]):.0f} "
                  f"ms the model's (alone for the same pairs: {own:.0f} ms); under {args.deadline} ms "
                  f"{p50([a['ms']['total'] for a in cut]):.0f} ms, most {max(a['ms']['total'] for a in cut):.0f}, read "
                  f"{p50([a['reranked']['read'] for a in cut]):.0f} of 50 (fewest "
                  f"{min(a['reranked']['read'] for a in cut)})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    maker = commands.add_parser("make")
    maker.add_argument("data", type=Path)
    maker.add_argument("out", type=Path)
    maker.add_argument("--n", type=int, default=100_000)
    maker.add_argument("--sentences", type=int, default=3)
    maker.set_defaults(run=make)
    timer = commands.add_parser("time")
    timer.add_argument("library", type=Path)
    timer.add_argument("data", type=Path)
    timer.add_argument("model", type=Path)
    timer.add_argument("--n", type=int, default=30)
    timer.add_argument("--alone", type=int, default=9)
    timer.add_argument("--deadline", type=int, default=130)
    timer.add_argument("--quern", default="build/release/bin/quern")
    timer.set_defaults(run=measure)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
