#!/usr/bin/env python3
"""Writes a GGUF file of nomic-embed-code's shape (Qwen2 7B) in Q5_K with random weights: for speed and memory.

usage: make_7b_embedder.py VOCABULARY.gguf OUT.gguf [--layers 28] [--d-model 3584] [--d-ff 18944]
                           [--output] [--no-pooling] [--qwen3]

The tokenizer is that of VOCABULARY.gguf (ggml-vocab-qwen2.gguf of llama.cpp). With 28 layers 4.9 GB. --output
adds the matrix of logits, so that the file generates too; --no-pooling makes it a generator only. --qwen3 has
the parts of that family; --qwen3 --d-model 1024 --d-ff 3072 is the shape of Qwen3-Embedding-0.6B.
Needs nothing but Python. Layout: ggml-org/ggml docs/gguf.md; of the blocks, ggml-common.h.
"""
import argparse
import pathlib
import random
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
import gguf_metadata  # noqa: E402

ALIGNMENT = 32
F32, Q5_K = 0, 13
BLOCK, BLOCK_BYTES = 256, 176
D_HEAD = 128
UINT32, FLOAT32, BOOL, STRING, ARRAY = 4, 6, 7, 8, 9


def string(text):
    raw = text.encode("utf-8", "surrogateescape")
    return struct.pack("<Q", len(raw)) + raw


def value(item):
    """Type and bytes of a metadata value."""
    if isinstance(item, bool):
        return BOOL, struct.pack("<?", item)
    if isinstance(item, int):
        return (UINT32, struct.pack("<I", item)) if item >= 0 else (5, struct.pack("<i", item))
    if isinstance(item, float):
        return FLOAT32, struct.pack("<f", item)
    if isinstance(item, str):
        return STRING, string(item)
    kinds = [value(x) for x in item]
    of = kinds[0][0]
    return ARRAY, struct.pack("<IQ", of, len(item)) + b"".join(raw for _, raw in kinds)


def random_blocks(n, rng):
    """Values around 0 with a deviation of about 0.02."""
    blocks = bytearray(rng.randbytes(n * BLOCK_BYTES))
    scale = struct.pack("<ee", 5e-5, 5e-5 * 15.5)
    for at in range(0, len(blocks), BLOCK_BYTES):
        blocks[at:at + 4] = scale
    return bytes(blocks)


def heads(a):
    """Of queries, and of keys and values."""
    return (2 * a.d_model // D_HEAD, a.d_model // D_HEAD) if a.qwen3 else (
        a.d_model // D_HEAD, a.d_model // 7 // D_HEAD)


def tensors(a, n_vocab):
    """Name, shape as ggml writes it (the inner width first) and format of each."""
    d, d_ff = a.d_model, a.d_ff
    d_q, d_kv = (n * D_HEAD for n in heads(a))
    yield "token_embd.weight", (d, n_vocab), Q5_K
    yield "output_norm.weight", (d,), F32
    if a.output:
        yield "output.weight", (d, n_vocab), Q5_K
    for i in range(a.layers):
        at = f"blk.{i}."
        yield at + "attn_norm.weight", (d,), F32
        yield at + "ffn_norm.weight", (d,), F32
        for name, n in (("attn_q", d_q), ("attn_k", d_kv), ("attn_v", d_kv)):
            yield at + name + ".weight", (d, n), Q5_K
            if not a.qwen3:
                yield at + name + ".bias", (n,), F32
        if a.qwen3:
            yield at + "attn_q_norm.weight", (D_HEAD,), F32
            yield at + "attn_k_norm.weight", (D_HEAD,), F32
        yield at + "attn_output.weight", (d_q, d), Q5_K
        yield at + "ffn_gate.weight", (d, d_ff), Q5_K
        yield at + "ffn_up.weight", (d, d_ff), Q5_K
        yield at + "ffn_down.weight", (d_ff, d), Q5_K


def n_bytes_of(shape, kind):
    n = 1
    for width in shape:
        n *= width
    return 4 * n if kind == F32 else n // BLOCK * BLOCK_BYTES


def write_tensor(file, name, shape, kind, blocks, rng):
    n = n_bytes_of(shape, kind)
    if kind == F32:
        one = 0.0 if name.endswith("bias") else 1.0
        file.write(struct.pack("<f", one) * (n // 4))
        return
    while n > 0:
        first = rng.randrange(len(blocks) // BLOCK_BYTES // 2) * BLOCK_BYTES
        piece = blocks[first:first + n]
        file.write(piece)
        n -= len(piece)


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("vocabulary")
    ap.add_argument("out")
    ap.add_argument("--layers", type=int, default=28)
    ap.add_argument("--d-model", type=int, default=3584)
    ap.add_argument("--d-ff", type=int, default=18944)
    ap.add_argument("--output", action="store_true")
    ap.add_argument("--no-pooling", action="store_true")
    ap.add_argument("--qwen3", action="store_true")
    a = ap.parse_args()
    old = gguf_metadata.read(a.vocabulary)
    n_vocab = len(old["tokenizer.ggml.tokens"])
    family = "qwen3" if a.qwen3 else "qwen2"
    n_heads, n_kv_heads = heads(a)
    meta = {"general.architecture": family, "general.name": "random-embedder",
            f"{family}.block_count": a.layers, f"{family}.context_length": 32768,
            f"{family}.embedding_length": a.d_model, f"{family}.feed_forward_length": a.d_ff,
            f"{family}.attention.head_count": n_heads,
            f"{family}.attention.head_count_kv": n_kv_heads,
            f"{family}.attention.key_length": D_HEAD, f"{family}.attention.value_length": D_HEAD,
            f"{family}.rope.freq_base": 1e6, f"{family}.attention.layer_norm_rms_epsilon": 1e-6}
    if not a.no_pooling:
        meta[f"{family}.pooling_type"] = 3
    meta |= {key: item for key, item in old.items() if key.startswith("tokenizer.")}
    all_tensors = list(tensors(a, n_vocab))
    head = bytearray(b"GGUF" + struct.pack("<IQQ", 3, len(all_tensors), len(meta)))
    for key, item in meta.items():
        kind, raw = value(item)
        head += string(key) + struct.pack("<I", kind) + raw
    at = 0
    for name, shape, kind in all_tensors:
        head += string(name) + struct.pack("<I", len(shape))
        head += b"".join(struct.pack("<Q", width) for width in shape) + struct.pack("<IQ", kind, at)
        at += -(-n_bytes_of(shape, kind) // ALIGNMENT) * ALIGNMENT
    head += bytes(-len(head) % ALIGNMENT)
    rng = random.Random(1)
    blocks = random_blocks(1 << 17, rng)
    with open(a.out, "wb") as file:
        file.write(head)
        for name, shape, kind in all_tensors:
            write_tensor(file, name, shape, kind, blocks, rng)
            file.write(bytes(-file.tell() % ALIGNMENT))
    print(a.out, f"{pathlib.Path(a.out).stat().st_size / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
