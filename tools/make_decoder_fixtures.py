#!/usr/bin/env python3
"""Small random decoders of every family, with the logits that transformers gives them in f32.

usage: make_decoder_fixtures.py OUT_FOLDER      (the repository's is tests/data/decoders)

Writes OUT/<case>/{config.json, model.safetensors, golden.json}; golden.json holds token ids and the
logits of some positions. Cases that llama.cpp's converter knows get OUT/gguf/<case>.gguf too, with the names,
metadata and permutations that it writes. Weights are drawn large enough that attention is far from uniform and
soft-caps bend. Needs torch, transformers and gguf.
"""
import argparse, json, pathlib, shutil

import gguf
import numpy as np
import torch
import transformers as tf

SIZES = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, vocab_size=61, max_position_embeddings=256,
             bos_token_id=1, eos_token_id=2)
N_TOKENS = 90  # More than a page of the KV cache, and than every window below.

CASES = {
    "llama": tf.LlamaConfig(**SIZES),
    "llama3_rope": tf.LlamaConfig(**SIZES, tie_word_embeddings=True, rope_parameters=dict(
        rope_type="llama3", rope_theta=500000.0, factor=8.0, low_freq_factor=1.0,
        high_freq_factor=4.0, original_max_position_embeddings=64)),
    "llama_biased": tf.LlamaConfig(**SIZES, attention_bias=True, mlp_bias=True),
    "llama_linear": tf.LlamaConfig(**SIZES, rope_parameters=dict(
        rope_type="linear", rope_theta=10000.0, factor=4.0)),
    "mistral": tf.MistralConfig(**SIZES, sliding_window=24),
    "qwen2": tf.Qwen2Config(**SIZES, tie_word_embeddings=True),
    "qwen2_yarn": tf.Qwen2Config(**SIZES, rope_parameters=dict(
        rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=64)),
    "qwen3": tf.Qwen3Config(**SIZES, head_dim=16),
    "gemma": tf.GemmaConfig(**SIZES, head_dim=16, hidden_activation="gelu_pytorch_tanh"),
    "gemma2": tf.Gemma2Config(**SIZES, head_dim=16, sliding_window=24, query_pre_attn_scalar=24,
                              attn_logit_softcapping=3.0, final_logit_softcapping=5.0),
    "gemma3": tf.Gemma3TextConfig(**{**SIZES, "num_hidden_layers": 7}, head_dim=16,
                                  sliding_window=24, query_pre_attn_scalar=24),
    # GGUF files do not say what scores are scaled by: it follows from the head's width.
    "gemma2_by_width": tf.Gemma2Config(**SIZES, head_dim=16, sliding_window=24,
                                       query_pre_attn_scalar=16, attn_logit_softcapping=3.0,
                                       final_logit_softcapping=5.0),
    "gemma3_by_width": tf.Gemma3TextConfig(**{**SIZES, "num_hidden_layers": 7}, head_dim=16,
                                           sliding_window=24, query_pre_attn_scalar=16),
    "phi3": tf.Phi3Config(**SIZES, pad_token_id=0),
    "phi3_long": tf.Phi3Config(**{**SIZES, "max_position_embeddings": 256}, pad_token_id=0,
                               original_max_position_embeddings=64, rope_parameters=dict(
        rope_type="longrope", rope_theta=10000.0, short_factor=[1.0, 1.2, 1.4, 1.6],
        long_factor=[1.0, 2.0, 3.5, 5.0], original_max_position_embeddings=64)),
}


def randomise(model):
    generator = torch.Generator().manual_seed(17)
    for name, p in model.named_parameters():
        # Kept to 12 bits of mantissa: the files compress, the products are as hard.
        scale = 0.3 if p.dim() == 2 else 0.2
        noise = torch.randn(p.shape, generator=generator) * scale
        with torch.no_grad():
            p.copy_((p + noise if p.dim() == 1 else noise).to(torch.bfloat16).float())


GGUF = {"llama": "llama", "llama3_rope": "llama", "llama_linear": "llama", "qwen2": "qwen2",
        "qwen2_yarn": "qwen2", "qwen3": "qwen3", "gemma": "gemma", "gemma2_by_width": "gemma2",
        "gemma3_by_width": "gemma3", "phi3": "phi3", "phi3_long": "phi3"}

NAMES = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
         "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
         "self_attn.o_proj": "attn_output", "self_attn.qkv_proj": "attn_qkv",
         "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
         "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
         "mlp.gate_up_proj": "ffn_up", "input_layernorm": "attn_norm",
         "post_attention_layernorm": "ffn_norm"}
NAMES_WITH_POST_NORMS = {**NAMES, "post_attention_layernorm": "post_attention_norm",
                         "pre_feedforward_layernorm": "ffn_norm",
                         "post_feedforward_layernorm": "post_ffw_norm"}


def gguf_name(name, names):
    stem, ending = name.rsplit(".", 1)
    if stem.startswith("model.layers."):
        _, _, layer, rest = stem.split(".", 3)
        return f"blk.{layer}.{names[rest]}.{ending}"
    return f"{names[stem]}.{ending}"


def interleave(w, n_heads):
    """Rows (i, i + d / 2) of each head become neighbours, as llama.cpp's converter permutes them."""
    return w.reshape(n_heads, 2, w.shape[0] // n_heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def llama3_factors(config, rope):
    d = config.hidden_size // config.num_attention_heads
    frequencies = 1.0 / rope["rope_theta"] ** (np.arange(0, d, 2) / d)
    out = []
    for f in frequencies:
        wavelength = 2 * np.pi / f
        low = rope["original_max_position_embeddings"] / rope["low_freq_factor"]
        high = rope["original_max_position_embeddings"] / rope["high_freq_factor"]
        smooth = (rope["original_max_position_embeddings"] / wavelength - rope["low_freq_factor"]) / (
            rope["high_freq_factor"] - rope["low_freq_factor"])
        out.append(1.0 if wavelength < high else rope["factor"] if wavelength > low
                   else 1 / ((1 - smooth) / rope["factor"] + smooth))
    return np.array(out, dtype=np.float32)


def write_gguf(path, arch, config, model):
    w = gguf.GGUFWriter(path, arch)
    c = config
    d_head = getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads
    w.add_block_count(c.num_hidden_layers)
    w.add_context_length(c.max_position_embeddings)
    w.add_embedding_length(c.hidden_size)
    w.add_feed_forward_length(c.intermediate_size)
    w.add_head_count(c.num_attention_heads)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_vocab_size(c.vocab_size)
    if d_head * c.num_attention_heads != c.hidden_size:
        w.add_key_length(d_head)
        w.add_value_length(d_head)
    rope = c.rope_parameters
    if arch == "gemma3":
        w.add_rope_freq_base(rope["full_attention"]["rope_theta"])
        w.add_sliding_window(c.sliding_window)
    else:
        w.add_rope_freq_base(rope["rope_theta"])
    if arch in ("llama", "phi3"):
        w.add_rope_dimension_count(d_head)
    if arch == "gemma2":
        w.add_sliding_window(c.sliding_window)
        w.add_attn_logit_softcapping(c.attn_logit_softcapping)
        w.add_final_logit_softcapping(c.final_logit_softcapping)
    kind = rope.get("rope_type", "default")
    if kind == "linear":
        w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        w.add_rope_scaling_factor(rope["factor"])
    if kind == "yarn":
        w.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        w.add_rope_scaling_factor(rope["factor"])
        w.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if kind == "llama3":
        w.add_tensor("rope_freqs.weight", llama3_factors(c, rope))
    if kind == "longrope":
        w.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
        scale = c.max_position_embeddings / rope["original_max_position_embeddings"]
        attn = np.sqrt(1 + np.log(scale) / np.log(rope["original_max_position_embeddings"]))
        w.add_rope_scaling_attn_factors(float(attn))
        w.add_tensor("rope_factors_long.weight", np.array(rope["long_factor"], dtype=np.float32))
        w.add_tensor("rope_factors_short.weight", np.array(rope["short_factor"], dtype=np.float32))
    names = NAMES_WITH_POST_NORMS if arch in ("gemma2", "gemma3") else NAMES
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and c.tie_word_embeddings:
            continue
        a = tensor.float().numpy()
        if arch == "llama" and ".q_proj." in name:
            a = interleave(a, c.num_attention_heads)
        if arch == "llama" and ".k_proj." in name:
            a = interleave(a, c.num_key_value_heads)
        if arch.startswith("gemma") and "norm" in name:
            a = a + 1
        w.add_tensor(gguf_name(name, names), np.ascontiguousarray(a))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out", type=pathlib.Path)
    out = ap.parse_args().out
    torch.manual_seed(1)
    for name, config in CASES.items():
        config._attn_implementation = "eager"
        model = tf.AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
        randomise(model)
        model.tie_weights()
        folder = out / name
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        if name in GGUF:
            (out / "gguf").mkdir(exist_ok=True)
            write_gguf(out / "gguf" / f"{name}.gguf", GGUF[name], config, model)
        ids = torch.randint(3, SIZES["vocab_size"], (1, N_TOKENS),
                            generator=torch.Generator().manual_seed(5))
        with torch.no_grad():
            logits = model(ids, use_cache=False).logits[0]
        # The first position, the last, and some between tell as much as all would.
        kept = [0, 1, 7, 23, 24, 25, 40, 63, 64, 65, 89]
        rows = {str(i): [float(f"{v:.7g}") for v in logits[i].tolist()] for i in kept}
        (folder / "golden.json").write_text(json.dumps({"ids": ids[0].tolist(), "logits": rows}))
        print(name, sum(p.numel() for p in model.parameters()), float(logits.abs().max()))


if __name__ == "__main__":
    main()
