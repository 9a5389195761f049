#!/usr/bin/env python3
"""Makes tests/data/decoders/tiny-chat.gguf: a random Llama in seven block formats that can chat.

It has a SentencePiece vocabulary with bytes for what it does not know, a chat template, and rows of 256 so
that every K-format has its block. Its text is letters without sense, the same for the same seed.

usage: make_gguf_fixture.py [OUT.gguf]      needs gguf, numpy, llama-cpp-python
"""

import pathlib
import sys

import numpy as np

from gguf_model import Sizes, Vocabulary, write_llama

SIZES = Sizes(d_model=256, d_ff=256, n_layers=1, n_heads=2, n_kv_heads=1, d_head=32,
              n_positions=512)
FORMATS = {"token_embd": "q4_0", "attn_q": "q5_K", "attn_k": "q8_0", "attn_v": "q6_K",
           "attn_output": "q4_1", "ffn_gate": "q4_K", "ffn_up": "q2_K", "ffn_down": "q3_K"}
CHAT_TEMPLATE = """\
{%- for message in messages -%}
{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif -%}"""
PIECES = ["▁", *"etaoinshrdlucmfwypvbgkjqxz.,!?", "▁t", "he", "▁the", "in", "er", "▁a"]


def make_vocabulary() -> Vocabulary:
    controls = ["<s>", "</s>", "<|im_start|>", "<|im_end|>"]
    names = ["<unk>", *controls, *(f"<0x{i:02X}>" for i in range(256)), *PIECES]
    types = [2] + [3] * len(controls) + [6] * 256 + [1] * len(PIECES)
    scores = [0.0] * (len(names) - len(PIECES)) + [-float(i) for i in range(len(PIECES))]
    return Vocabulary([n.encode() for n in names], scores, types, CHAT_TEMPLATE)


def main() -> None:
    root = pathlib.Path(__file__).resolve().parent.parent
    default = root / "tests/data/decoders/tiny-chat.gguf"
    rng = np.random.default_rng(5)
    vocabulary = make_vocabulary()
    n_pieces = len(PIECES)
    embedding = rng.normal(0, 0.02, (len(vocabulary.tokens), SIZES.d_model)).astype(np.float32)
    # Rows are small beside what the layers add, or each token would be likeliest to follow itself;
    # those that are no letters are smaller still, so letters are what comes.
    embedding[:-n_pieces] *= 0.1
    write_llama(sys.argv[1] if len(sys.argv) > 1 else str(default), "tiny-chat", SIZES, vocabulary,
                lambda tensor: FORMATS[tensor.split(".")[-2]], embedding, 9.0, rng)


if __name__ == "__main__":
    main()
