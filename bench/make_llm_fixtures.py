#!/usr/bin/env python3
"""Random models of the shape of Llama 3.2 1B in every block format, for generate_side_by_side.py.

usage: make_llm_fixtures.py VOCABULARY.gguf OUT_FOLDER [--formats q8_0,q4_0,q4_K,q5_K,q6_K]
                            [--layers 4]

Widths as there (d_model 2048, d_ff 8192, 32 heads, 8 of keys and values); 4 layers and the vocabulary of the
file given, a SentencePiece one, keep them small. All matrices are in one format; their text has no sense.
Needs gguf, numpy, llama-cpp-python.
"""
import argparse
import pathlib
import sys

import gguf
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
from gguf_model import Sizes, Vocabulary, write_llama  # noqa: E402


def read_vocabulary(path: str) -> Vocabulary:
    fields = gguf.GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"]
    return Vocabulary([bytes(tokens.parts[i]) for i in tokens.data],
                      [float(x) for x in fields["tokenizer.ggml.scores"].contents()],
                      [int(x) for x in fields["tokenizer.ggml.token_type"].contents()])


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("vocabulary")
    ap.add_argument("out", type=pathlib.Path)
    ap.add_argument("--formats", default="q8_0,q4_0,q4_K,q5_K,q6_K")
    ap.add_argument("--layers", type=int, default=4)
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    vocabulary = read_vocabulary(a.vocabulary)
    sizes = Sizes(d_model=2048, d_ff=8192, n_layers=a.layers, n_heads=32, n_kv_heads=8, d_head=64,
                  n_positions=4096)
    for name in a.formats.split(","):
        rng = np.random.default_rng(1)
        shape = (len(vocabulary.tokens), sizes.d_model)
        embedding = rng.normal(0, 0.02, shape).astype(np.float32)
        path = a.out / f"llama-1b-shape-{a.layers}-layers-{name}.gguf"
        write_llama(str(path), path.stem, sizes, vocabulary, lambda _, name=name: name, embedding,
                    10.0, rng)
        print(path, f"{path.stat().st_size / 1e6:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
