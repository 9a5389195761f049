#!/usr/bin/env python3
"""Small random decoders of every family, with the logits that transformers gives them in f32.

usage: make_decoder_fixtures.py OUT_FOLDER      (the repository's is tests/data/decoders)

Writes OUT/<case>/{config.json, model.safetensors, golden.json}; golden.json holds token ids and the
logits of every position. Weights are drawn large enough that attention is far from uniform and
soft-caps bend. Needs torch and transformers.
"""
import argparse, json, pathlib, shutil

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
