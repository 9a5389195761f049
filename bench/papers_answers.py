#!/usr/bin/env python3
"""Answers of a library to citation sentences: time, spans that exist, sentences that are entailed, and
whether the cited paper is among the sources.

  papers_answers.py LIBRARY DATA [--n 200] [--quern build/release/bin/quern] [--profile P]

DATA as in papers_quality.py; every k-th of its queries is asked. Standard library only.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path

from papers_quality import relevant


def full_text(args, paper, texts):
    if paper not in texts:
        command = [args.quern, "papers", "show", args.library, f"CorpusId:{paper}", "--text"]
        texts[paper] = subprocess.run([str(a) for a in command], check=True, capture_output=True).stdout
    return texts[paper]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--n", type=int, default=200)
    parser.add_argument("--quern", default="build/release/bin/quern")
    parser.add_argument("--profile", default="default")
    args = parser.parse_args()
    right = relevant(args.data)
    lines = [json.loads(line) for line in open(args.data / "queries.jsonl")]
    asked = lines[:: max(1, len(lines) // args.n)][: args.n]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("".join(json.dumps({"id": q["_id"], "text": q["text"]}) + "\n" for q in asked))
        file.flush()
        command = [args.quern, "papers", "ask", args.library, "--questions", file.name, "--format", "json",
                   "--profile", args.profile]
        out = subprocess.run([str(a) for a in command], check=True, capture_output=True, text=True).stdout
    answers = [json.loads(line) for line in out.splitlines()]
    texts, n_spans, n_exist, n_sentences, n_entailed, n_cited = {}, 0, 0, 0, 0, 0
    for answer in answers:
        for quote in answer["quotes"]:
            begin, end = quote["bytes"]
            n_spans += 1
            n_exist += full_text(args, quote["corpusId"], texts)[begin:end] == quote["text"].encode()
        for section in answer["sections"]:
            for sentence in section["sentences"]:
                n_sentences += 1
                n_entailed += sentence["support"] in ("verbatim", "supported")
        show = [s["paperId"] for s in answer["sources"]]
        command = [args.quern, "papers", "show", args.library, "ACL:" + right[answer["id"]], "--json"]
        cited = json.loads(subprocess.run([str(a) for a in command], check=True, capture_output=True).stdout)
        n_cited += cited["paperId"] in show
    ms = sorted(answer["ms"] for answer in answers)
    print(f"{len(answers)} questions: p50 {statistics.median(ms):.0f} ms, p95 {ms[int(0.95 * len(ms))]:.0f} ms")
    print(f"spans that exist byte for byte: {n_exist} of {n_spans}")
    print(f"sentences entailed by their spans: {n_entailed} of {n_sentences} ({n_entailed / n_sentences:.1%})")
    print(f"the cited paper is among the sources: {n_cited} of {len(answers)} ({n_cited / len(answers):.1%})")


if __name__ == "__main__":
    main()
