#!/usr/bin/env python3
"""Quantises an encoder to int8 the way OpenVINO documents it (NNCF, post-training, SmoothQuant).

usage: make_openvino_int8.py --model DIR --onnx F32.onnx --texts CALIBRATION.jsonl --out MODEL.xml

A stronger int8 peer than a dynamically quantised ONNX file: side_by_side.py takes it with
--openvino-int8. The ONNX file is the f32.onnx of its work folder. The calibration texts must not be
the texts of the benchmark. A record's title, where there is one, goes before its text.
Needs: nncf, openvino, tokenizers, numpy.
"""
import argparse
import json
import pathlib

import nncf
import numpy as np
import openvino
import tokenizers


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--model", required=True)
    ap.add_argument("--onnx", required=True)
    ap.add_argument("--texts", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--count", type=int, default=300)
    ap.add_argument("--max-tokens", type=int, default=256)
    a = ap.parse_args()
    tokenizer = tokenizers.Tokenizer.from_file(str(pathlib.Path(a.model) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(a.max_tokens)
    with open(a.texts, encoding="utf-8") as f:
        rows = [json.loads(line) for _, line in zip(range(a.count), f)]
    texts = [f"{r.get('title', '')} {r['text']}".strip() for r in rows]
    names = ("input_ids", "attention_mask", "token_type_ids")

    def model_input(text: str) -> dict:
        ids = np.array([tokenizer.encode(text).ids], np.int64)
        return dict(zip(names, (ids, np.ones_like(ids), np.zeros_like(ids))))

    model = openvino.Core().read_model(a.onnx)
    quantised = nncf.quantize(model, nncf.Dataset(texts, model_input), subset_size=len(texts),
                              model_type=nncf.ModelType.TRANSFORMER)
    openvino.save_model(quantised, a.out)


if __name__ == "__main__":
    main()
