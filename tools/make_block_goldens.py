#!/usr/bin/env python3
"""Makes tests/data/blocks/<format>.bin: blocks of each GGUF format and their values by ggml.

Each file holds the blocks of 1,024 numbers, then the numbers as f32: a row of 256 and one of 512,
quantised by ggml, and 256 numbers whose blocks are random bits with finite values.

Needs llama-cpp-python, whose ggml libraries it loads. usage: make_block_goldens.py [OUT_DIR]
"""

import ctypes
import pathlib
import sys

import llama_cpp
import numpy as np

# ggml's numbers of the formats; elements and bytes of a block.
FORMATS = {
    "f32": (0, 1, 4), "f16": (1, 1, 2), "bf16": (30, 1, 2), "q4_0": (2, 32, 18),
    "q4_1": (3, 32, 20), "q5_0": (6, 32, 22), "q5_1": (7, 32, 24), "q8_0": (8, 32, 34),
    "q2_K": (10, 256, 84), "q3_K": (11, 256, 110), "q4_K": (12, 256, 144), "q5_K": (13, 256, 176),
    "q6_K": (14, 256, 210), "iq4_nl": (20, 32, 18), "iq4_xs": (23, 256, 136),
}


class TypeTraits(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("block", ctypes.c_int64),
                ("interleave", ctypes.c_int64), ("size", ctypes.c_size_t),
                ("is_quantized", ctypes.c_bool), ("to_float", ctypes.c_void_p),
                ("from_float", ctypes.c_void_p)]


def load_ggml():
    folder = pathlib.Path(llama_cpp.__file__).parent / "lib"
    ggml = ctypes.CDLL(str(folder / "libggml-base.so"))
    ggml.ggml_get_type_traits.restype = ctypes.POINTER(TypeTraits)
    ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
    ggml.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p,
                                         ctypes.c_int64, ctypes.c_int64, ctypes.c_int64,
                                         ctypes.c_void_p]
    return ggml


def quantise(ggml, number, row, size):
    out = np.zeros(size, np.uint8)
    used = ggml.ggml_quantize_chunk(number, row.ctypes.data, out.ctypes.data, 0, 1, row.size, None)
    assert used == size, (number, used, size)
    return out


def dequantise(ggml, number, blocks, n):
    if number == 0:  # ggml has no conversion of f32.
        return blocks.view(np.float32).copy()
    to_float = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(
        ggml.ggml_get_type_traits(number).contents.to_float)
    out = np.zeros(n, np.float32)
    to_float(blocks.ctypes.data, out.ctypes.data, n)
    return out


def random_blocks(ggml, rng, number, n_block, n_bytes, n):
    found = []
    while len(found) < n // n_block:
        block = rng.integers(0, 256, n_bytes, dtype=np.uint8)
        if np.isfinite(dequantise(ggml, number, block, n_block)).all():
            found.append(block)
    return np.concatenate(found)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    out_dir = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests/data/blocks"
    out_dir.mkdir(parents=True, exist_ok=True)
    ggml = load_ggml()
    for name, (number, n_block, n_bytes) in FORMATS.items():
        rng = np.random.default_rng(number + 1)
        rows = [rng.normal(0, 0.05, n).astype(np.float32) for n in (256, 512)]
        rows[1] += 0.03  # Minima and offsets away from zero.
        blocks = [quantise(ggml, number, row, row.size // n_block * n_bytes) for row in rows]
        blocks.append(random_blocks(ggml, rng, number, n_block, n_bytes, 256))
        whole = np.concatenate(blocks)
        values = dequantise(ggml, number, whole, 1024)
        (out_dir / f"{name}.bin").write_bytes(whole.tobytes() + values.tobytes())
        print(name, whole.size, np.abs(values[:256] - rows[0]).max())


if __name__ == "__main__":
    main()
