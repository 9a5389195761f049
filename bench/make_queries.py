#!/usr/bin/env python3
"""Writes the short texts of the latency bar: real sentences of exactly N tokens, template included.

usage: make_queries.py --model DIR --out FILE.jsonl [--tokens 12] [--count 200] [--shared DIR]
Needs: tokenizers.
"""
import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
import reference_texts as texts_of  # noqa: E402
import tokenizers  # noqa: E402


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--model", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--tokens", type=int, default=12)
    ap.add_argument("--count", type=int, default=200)
    ap.add_argument("--shared")
    a = ap.parse_args()
    tokenizer = tokenizers.Tokenizer.from_file(str(pathlib.Path(a.model) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    sentences = texts_of.sts_sentences(texts_of.shared_folder(a.shared) / "data")
    kept = [s for s, e in zip(sentences, tokenizer.encode_batch(sentences))
            if len(e.ids) == a.tokens][:a.count]
    if len(kept) < a.count:
        raise SystemExit(f"only {len(kept)} sentences of {a.tokens} tokens, want {a.count}")
    with open(a.out, "w", encoding="utf-8") as f:
        for s in kept:
            f.write(json.dumps({"text": s}) + "\n")


if __name__ == "__main__":
    main()
