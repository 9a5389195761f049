#!/usr/bin/env python3
"""Makes tests/data/models/tiny-static, a random Model2Vec model, and its golden vectors.

usage: make_static_fixtures.py [OUT]      needs model2vec, tokenizers, torch, transformers

The folder is saved by model2vec itself; golden.json holds what it makes of texts: a text's tokens
without special and unknown ones, at most max_length of them, and the mean of their rows.
"""
import json
import pathlib
import sys

import numpy
from model2vec import StaticModel

from make_model_fixtures import TEXTS, fresh, make_tokenizer, numbers, vocabulary, write_golden


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests" / "data" / "models"
    folder = fresh(out / "tiny-static")
    vocab = vocabulary()
    rng = numpy.random.default_rng(400)
    table = rng.standard_normal((len(vocab), 20)).astype(numpy.float16)
    limit = 40
    model = StaticModel(table, make_tokenizer(vocab), normalize=True, max_length=limit,
                        config={"model_type": "model2vec", "architectures": ["StaticModel"],
                                "max_length": limit, "normalize": True})
    model.save_pretrained(folder)
    model = StaticModel.from_pretrained(folder, quantize_to="float32")
    (folder / "README.md").unlink()
    cases = []
    tokenizer, unk = make_tokenizer(vocab), vocab.index("[UNK]")
    for text in TEXTS:
        known = [i for i in tokenizer.encode(text, add_special_tokens=False).ids if i != unk]
        # Beyond so many characters model2vec cuts a text before it tokenises; we count tokens alone.
        # A text of one word over and over is the same either way.
        is_cut = len(text) > limit * model.median_token_length and len(set(known)) > 1
        if known and not is_cut:
            ids = known[:limit]
            vector = numpy.asarray(model.encode([text], max_length=limit)[0], dtype=numpy.float64)
            cases.append({"text": text, "ids": ids, "type_ids": [0] * len(ids),
                          "n_dropped": len(known) - len(ids), "vector": numbers(vector)})
    write_golden(folder, {"max_tokens": limit, "pooling": "mean", "normalize": True, "prompt": ""},
                 cases)


if __name__ == "__main__":
    main()
