#!/usr/bin/env python3
"""Writes tests/data/models/gguf/tiny-blocks.gguf, a BERT of one layer whose matrices are in block formats (each
another one), and gguf/tiny-blocks/golden.json: what transformers makes of the numbers that they stand for.

usage: make_quantised_encoder.py [MODELS]      needs gguf, numpy, torch, transformers, tokenizers

The blocks' bytes are random but for their scales, so each code and each sub-scale is met. Not needed to build or to
run the tests.
"""
import pathlib
import sys

import gguf
import numpy as np
import torch
import transformers

from make_family_fixtures import write_cases
from make_gguf_encoders import SPACE
from make_model_fixtures import fresh, make_tokenizer, vocabulary

Q = gguf.GGMLQuantizationType
D, D_FF, N_POSITIONS, N_HEADS = 256, 64, 48, 4
# Bytes of a block of 256, where its f16 scales lie and what they are: numbers of a size of about 0.1.
K_FORMATS = {Q.Q2_K: (84, {80: 0.0095, 82: 0.0143}), Q.Q3_K: (110, {108: 0.0029}),
             Q.Q4_K: (144, {0: 0.00066, 2: 0.0049}), Q.Q5_K: (176, {0: 0.00032, 2: 0.0049}),
             Q.Q6_K: (210, {208: 0.000075})}
MATRICES = {"embeddings.word_embeddings": ("token_embd", Q.Q2_K),
            "encoder.layer.0.attention.self.query": ("blk.0.attn_q", Q.Q2_K),
            "encoder.layer.0.attention.self.key": ("blk.0.attn_k", Q.Q3_K),
            "encoder.layer.0.attention.self.value": ("blk.0.attn_v", Q.Q4_K),
            "encoder.layer.0.attention.output.dense": ("blk.0.attn_output", Q.Q5_K),
            "encoder.layer.0.intermediate.dense": ("blk.0.ffn_up", Q.Q6_K),
            "encoder.layer.0.output.dense": ("blk.0.ffn_down", Q.Q8_0)}
OTHERS = {"embeddings.position_embeddings": "position_embd", "embeddings.token_type_embeddings": "token_types",
          "embeddings.LayerNorm": "token_embd_norm",
          "encoder.layer.0.attention.output.LayerNorm": "blk.0.attn_output_norm",
          "encoder.layer.0.output.LayerNorm": "blk.0.layer_output_norm"}


def random_blocks(rng, kind, shape):
    """Bytes [rows, ...], and the numbers that they stand for."""
    if kind == Q.Q8_0:
        blocks = gguf.quants.quantize(rng.normal(0, 0.1, shape).astype(np.float32), kind)
    else:
        n_bytes, scales = K_FORMATS[kind]
        blocks = rng.integers(0, 256, (shape[0], shape[1] // 256, n_bytes), dtype=np.uint8)
        for at, scale in scales.items():
            values = np.float16(scale * rng.uniform(0.8, 1.2, blocks.shape[:2]))
            blocks[:, :, at:at + 2] = values[..., None].view(np.uint8)
        blocks = blocks.reshape(shape[0], -1)
    return blocks, gguf.quants.dequantize(blocks, kind)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent / "tests/data/models"
    out = (pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root) / "gguf"
    vocab = vocabulary()
    config = transformers.BertConfig(
        vocab_size=len(vocab), hidden_size=D, num_hidden_layers=1, num_attention_heads=N_HEADS,
        intermediate_size=D_FF, max_position_embeddings=N_POSITIONS, type_vocab_size=2,
        attn_implementation="eager")
    model = transformers.BertModel(config, add_pooling_layer=False).double().eval()
    state = model.state_dict()
    rng = np.random.default_rng(7)
    w = gguf.GGUFWriter(str(out / "tiny-blocks.gguf"), "bert")
    w.add_name("tiny-blocks")
    w.add_block_count(1)
    w.add_embedding_length(D)
    w.add_feed_forward_length(D_FF)
    w.add_head_count(N_HEADS)
    w.add_layer_norm_eps(config.layer_norm_eps)
    w.add_causal_attention(False)
    w.add_context_length(N_POSITIONS)
    w.add_pooling_type(gguf.PoolingType.MEAN)
    w.add_tokenizer_model("bert")
    w.add_tokenizer_pre("default")
    w.add_token_type_count(2)
    special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
    w.add_token_list([t if t in special else t[2:] if t.startswith("##") else SPACE + t for t in vocab])
    w.add_token_types([gguf.TokenType.CONTROL if t in special else gguf.TokenType.NORMAL for t in vocab])
    for name, token in (("cls", "[CLS]"), ("seperator", "[SEP]"), ("padding", "[PAD]"),
                        ("unknown", "[UNK]"), ("mask", "[MASK]")):
        w.add_uint32(f"tokenizer.ggml.{name}_token_id", list(vocab).index(token))
    for name, (to, kind) in MATRICES.items():
        blocks, numbers = random_blocks(rng, kind, tuple(state[name + ".weight"].shape))
        w.add_tensor(to + ".weight", blocks, raw_dtype=kind)
        state[name + ".weight"] = torch.from_numpy(numbers).double()
        if name + ".bias" in state:
            bias = rng.normal(0, 0.2, state[name + ".bias"].shape).astype(np.float32)
            w.add_tensor(to + ".bias", bias)
            state[name + ".bias"] = torch.from_numpy(bias).double()
    for name, to in OTHERS.items():
        for ending in ("weight", "bias"):
            key = f"{name}.{ending}"
            if key not in state:
                continue
            is_norm = "Norm" in name
            numbers = rng.normal(1 if is_norm and ending == "weight" else 0, 0.2, state[key].shape)
            numbers = numbers.astype(np.float32 if is_norm else np.float16)
            w.add_tensor(f"{to}.{ending}", numbers)
            state[key] = torch.from_numpy(numbers).double()
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    model.load_state_dict(state)
    write_cases(fresh(out / "tiny-blocks"), model, make_tokenizer(vocab), N_POSITIONS, classifies=False)


if __name__ == "__main__":
    main()
