#!/usr/bin/env python3
"""Copies of a GGUF file whose matrices are in another block format, for bench/perplexity.py.

usage: requantise_gguf.py IN.gguf OUT_FOLDER --formats q4_K,q6_K,...

Every matrix whose width is a multiple of the format's block changes; the others, and the vectors, stay as
they are. Which matrices changed is printed. Needs gguf, numpy, llama-cpp-python.
"""
import argparse
import pathlib

import gguf
import numpy as np
from gguf.quants import dequantize

from gguf_model import quantise_rows
from make_block_goldens import FORMATS, load_ggml


def copy_field(writer, field):
    if field.name.startswith("GGUF.") or field.name == "general.architecture":
        return
    kind = field.types[0]
    value = field.contents()
    if kind == gguf.GGUFValueType.ARRAY:
        writer.add_key_value(field.name, value, kind, sub_type=field.types[-1])
    else:
        writer.add_key_value(field.name, value, kind)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("gguf", type=pathlib.Path)
    ap.add_argument("out", type=pathlib.Path)
    ap.add_argument("--formats", required=True)
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    ggml = load_ggml()
    reader = gguf.GGUFReader(a.gguf)
    architecture = reader.fields["general.architecture"].contents()
    for name in a.formats.split(","):
        number, n_block, _ = FORMATS[name]
        path = a.out / f"{a.gguf.stem}-{name}.gguf"
        writer = gguf.GGUFWriter(path, architecture)
        for field in reader.fields.values():
            copy_field(writer, field)
        changed = []
        for t in reader.tensors:
            is_matrix = len(t.shape) == 2 and t.shape[0] % n_block == 0
            if not is_matrix:
                writer.add_tensor(t.name, t.data, raw_dtype=t.tensor_type)
                continue
            values = dequantize(t.data, t.tensor_type).astype(np.float32)
            changed.append(t.name.split(".")[-2])
            writer.add_tensor(t.name, quantise_rows(ggml, name, values),
                              raw_dtype=gguf.GGMLQuantizationType(number))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        print(path, {n: changed.count(n) for n in sorted(set(changed))}, flush=True)


if __name__ == "__main__":
    main()
