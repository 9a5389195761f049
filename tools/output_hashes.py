#!/usr/bin/env python3
"""Hashes of everything that models compute: run before and after a change that may not alter a bit.

usage: output_hashes.py QUERN --embedder FOLDER --classifier FOLDER --generator GGUF...
                        [--texts FILE.jsonl...] [--perplexity BENCH_PERPLEXITY --prose FILE]

Prints one line an output: what was computed and the SHA-256 of its bytes. Vectors of the texts in
each precision on each instruction set of this machine (the plain one, a hundred times as slow, gets
few), scores of pairs made of them, and 200 greedy tokens (and the perplexity of prose) of each
generator. Two programs agree when their
lines do: diff <(output_hashes.py OLD ...) <(output_hashes.py NEW ...).
"""
import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROMPTS = ["Once upon a time", "The capital of France is", "def fibonacci(n):"]
PRECISIONS = ["f32", "bf16", "int8"]
N_PLAIN = 6  # Texts that the plain version, some hundred times as slow, is given.


def read_texts(paths):
    """The "text" (behind its "title") or "query" of JSON lines; plain lines of other files."""
    for path in paths:
        for line in pathlib.Path(path).read_text().splitlines():
            if not path.endswith(".jsonl"):
                yield line
                continue
            row = json.loads(line)
            yield " ".join(filter(None, [row.get("title"), row.get("text", row.get("query"))]))


def run(command, isa):
    # A cache of packed weights that another version wrote must not be found.
    env = os.environ | {"QUERN_ISA": isa, "QUERN_PACKED": "off"}
    return subprocess.run(command, env=env, check=True, capture_output=True).stdout


def report(what, data):
    print(hashlib.sha256(data).hexdigest()[:32], what, flush=True)


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def encoder_lines(options, folder, isas):
    all_texts = list(read_texts(options.texts))[-options.most_texts:]
    lines, pairs = folder / "texts.jsonl", folder / "pairs.jsonl"
    for isa in isas:
        texts = all_texts[-N_PLAIN:] if isa == "plain" else all_texts
        write_lines(lines, ({"text": t} for t in texts))
        write_lines(pairs, ({"text": a[:200], "text_pair": b[:200]}
                            for a, b in zip(texts, texts[1:])))
        # Int8 measures many long texts before it packs.
        for precision in PRECISIONS[:2] if isa == "plain" else PRECISIONS:
            out = folder / "out.npy"
            run([options.quern, "embed", options.embedder, "--texts", lines, "--out", out,
                 "--precision", precision], isa)
            report(f"vectors {isa} {precision}", out.read_bytes())
            scores = run([options.quern, "classify", options.classifier, "--texts", pairs,
                          "--json", "--precision", precision], isa)
            report(f"scores {isa} {precision}", scores)


def generator_lines(options, isas):
    for model in options.generator:
        name = pathlib.Path(model).name
        is_small = pathlib.Path(model).stat().st_size < 10e6
        for isa in isas if is_small else isas[-1:]:
            for prompt in PROMPTS:
                text = run([options.quern, "generate", model, prompt, "--temperature", "0",
                            "--max-tokens", "200"], isa)
                report(f"greedy {isa} {name} {prompt!r}", text)
        if options.perplexity:
            text = run([options.perplexity, model, options.prose, "--tokens", "2048"], isas[-1])
            report(f"perplexity {isas[-1]} {name}", text)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("quern")
    parser.add_argument("--embedder", required=True)
    parser.add_argument("--classifier", required=True)
    parser.add_argument("--generator", nargs="*", default=[])
    parser.add_argument("--texts", nargs="+", required=True)
    parser.add_argument("--most-texts", type=int, default=10**9)
    parser.add_argument("--perplexity")
    parser.add_argument("--prose")
    options = parser.parse_args()
    isas = run([options.quern, "version", "--isas"], "").decode().split()
    with tempfile.TemporaryDirectory() as folder:
        encoder_lines(options, pathlib.Path(folder), isas)
    generator_lines(options, isas)


if __name__ == "__main__":
    sys.exit(main())
