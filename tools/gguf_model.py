"""Writes random models of the Llama family as GGUF files, quantised by ggml itself.

Used by make_gguf_fixture.py and bench/make_llm_fixtures.py. Needs gguf, numpy and llama-cpp-python.
"""

import dataclasses

import gguf
import numpy as np

from make_block_goldens import FORMATS, load_ggml


@dataclasses.dataclass
class Sizes:
    d_model: int
    d_ff: int
    n_layers: int
    n_heads: int
    n_kv_heads: int
    d_head: int
    n_positions: int


@dataclasses.dataclass
class Vocabulary:
    """SentencePiece's; types as GGUF numbers them: 1 normal, 2 unknown, 3 control, 6 byte."""

    tokens: list[bytes]
    scores: list[float]
    types: list[int]
    chat_template: str = ""


def quantise_rows(ggml, name: str, matrix: np.ndarray) -> np.ndarray:
    """[rows, bytes of a row], uint8."""
    number, n_block, n_bytes = FORMATS[name]
    rows, cols = matrix.shape
    assert cols % n_block == 0, f"{cols} columns, {name} has blocks of {n_block}"
    source = np.ascontiguousarray(matrix, np.float32)
    out = np.zeros((rows, cols // n_block * n_bytes), np.uint8)
    used = ggml.ggml_quantize_chunk(number, source.ctypes.data, out.ctypes.data, 0, rows, cols,
                                    None)
    assert used == out.size, (name, used, out.size)
    return out


def add_metadata(writer: gguf.GGUFWriter, name: str, sizes: Sizes, vocabulary: Vocabulary) -> None:
    writer.add_name(name)
    writer.add_context_length(sizes.n_positions)
    writer.add_embedding_length(sizes.d_model)
    writer.add_feed_forward_length(sizes.d_ff)
    writer.add_block_count(sizes.n_layers)
    writer.add_head_count(sizes.n_heads)
    writer.add_head_count_kv(sizes.n_kv_heads)
    writer.add_key_length(sizes.d_head)
    writer.add_value_length(sizes.d_head)
    writer.add_rope_dimension_count(sizes.d_head)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_scores(vocabulary.scores)
    writer.add_token_types(vocabulary.types)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    if vocabulary.chat_template:
        writer.add_chat_template(vocabulary.chat_template)


def matrices(sizes: Sizes, layer: int) -> dict[str, tuple[int, int]]:
    d_q, d_kv = sizes.n_heads * sizes.d_head, sizes.n_kv_heads * sizes.d_head
    return {f"blk.{layer}.{name}.weight": shape for name, shape in {
        "attn_q": (d_q, sizes.d_model), "attn_k": (d_kv, sizes.d_model),
        "attn_v": (d_kv, sizes.d_model), "attn_output": (sizes.d_model, d_q),
        "ffn_gate": (sizes.d_ff, sizes.d_model), "ffn_up": (sizes.d_ff, sizes.d_model),
        "ffn_down": (sizes.d_model, sizes.d_ff)}.items()}


def write_llama(path: str, name: str, sizes: Sizes, vocabulary: Vocabulary, format_of,
                embedding: np.ndarray, output_norm: float, rng: np.random.Generator) -> None:
    """format_of(tensor name) names the block format; the embedding is the output matrix too, and
    output_norm sets how far from each other the logits lie."""
    ggml = load_ggml()
    writer = gguf.GGUFWriter(path, "llama")
    add_metadata(writer, name, sizes, vocabulary)

    def add(tensor: str, matrix: np.ndarray) -> None:
        format_name = format_of(tensor)
        kind = gguf.GGMLQuantizationType(FORMATS[format_name][0])
        writer.add_tensor(tensor, quantise_rows(ggml, format_name, matrix), raw_dtype=kind)

    add("token_embd.weight", embedding)
    writer.add_tensor("output_norm.weight", np.full(sizes.d_model, output_norm, np.float32))
    for layer in range(sizes.n_layers):
        for norm in ("attn_norm", "ffn_norm"):
            noise = rng.normal(1, 0.1, sizes.d_model).astype(np.float32)
            writer.add_tensor(f"blk.{layer}.{norm}.weight", noise)
        for tensor, shape in matrices(sizes, layer).items():
            add(tensor, rng.normal(0, shape[1] ** -0.5, shape).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
