#!/usr/bin/env python3
"""Tokenizers on one thread, ours beside `tokenizers` and sentencepiece, by processor time, in turn.

usage: tokenizers_side_by_side.py --bench FILE --text FILE [--rounds 5] [--chunk 2000] MODEL...

MODEL: a tokenizer.json or an spm.model, alone or in its folder. A line each: MB/s of the best round
of both, their ratio, the ratios of the rounds (least .. most), and whether the ids are equal.
"""
import argparse
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"


def pieces_of(text: bytes, chunk: int) -> list[str]:
    """As bench_tokenizer cuts."""
    out = []
    while text:
        end = text.find(b"\n", chunk - 1) if 0 < chunk < len(text) else len(text)
        end = len(text) if end < 0 else min(end + 1, len(text))
        out.append(text[:end].decode("utf-8"))
        text = text[end:]
    return out


def peer_of(path: pathlib.Path):
    """All pieces to one list of ids."""
    if path.suffix == ".json":
        from tokenizers import Tokenizer
        tokenizer = Tokenizer.from_file(str(path))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return lambda pieces: [i for e in tokenizer.encode_batch(pieces, add_special_tokens=False)
                               for i in e.ids]
    from sentencepiece import SentencePieceProcessor
    model = SentencePieceProcessor(model_file=str(path))
    return lambda pieces: [i for ids in model.encode(pieces, num_threads=1) for i in ids]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bench", required=True)
    parser.add_argument("--text", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chunk", type=int, default=2000)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    args = parser.parse_args()
    text = args.text.read_bytes()
    pieces = pieces_of(text, args.chunk)
    for path in args.models:
        encode = peer_of(path)
        encode(pieces[:50])
        ours, theirs = [], []
        with tempfile.TemporaryDirectory() as folder:
            name = "spm.model" if path.suffix == ".model" else "tokenizer.json"
            (pathlib.Path(folder) / name).symlink_to(path.resolve())
            for _ in range(args.rounds):
                out = subprocess.run([args.bench, folder, str(args.text), "--chunk",
                                      str(args.chunk), "--repeat", "1"],
                                     capture_output=True, text=True, check=True).stdout
                ours.append(json.loads(out))
                start = time.process_time()
                ids = encode(pieces)
                theirs.append(len(text) / (time.process_time() - start) / 1e6)
        digest = hashlib.sha256(struct.pack(f"<{len(ids)}i", *ids)).hexdigest()
        ratios = [o["mb_per_s"] / t for o, t in zip(ours, theirs)]
        best = max(o["mb_per_s"] for o in ours)
        print(json.dumps({"model": path.name, "mb_per_s": best, "peer_mb_per_s": round(max(theirs), 2),
                          "ratio": round(best / max(theirs), 2),
                          "rounds": [round(min(ratios), 2), round(max(ratios), 2)],
                          "same_ids": digest == ours[0]["ids_sha256"]}))


if __name__ == "__main__":
    main()
