#!/usr/bin/env python3
"""Writes tiny models of tests/data/models as GGUF files, as llama.cpp's converter would.

usage: make_gguf_encoders.py [MODELS]      needs gguf, numpy, torch, safetensors

MODELS/gguf/NAME.gguf holds the tensors of MODELS/NAME, under the names that the gguf package maps them to, with
the metadata and changes of convert_hf_to_gguf.py; NAME/golden.json says what comes of it. Some are in a block
format instead. Not needed to build or to run the tests.
"""
import json
import pathlib
import sys

import gguf
import numpy as np
import torch
from safetensors.torch import load_file

ARCHITECTURES = {
    "tiny-mean-f16": "bert", "tiny-roberta": "bert", "tiny-roberta-cross": "bert",
    "tiny-nomic": "nomic-bert", "tiny-nomic-moe": "nomic-bert-moe", "tiny-jina": "jina-bert-v2", "tiny-modernbert": "modern-bert",
    "tiny-modernbert-classifier": "modern-bert", "tiny-eurobert": "eurobert",
    "tiny-st-qwen3": "qwen3", "tiny-st-qwen2": "qwen2", "tiny-st-mistral": "llama",
    "tiny-st-llama": "llama-embed", "tiny-st-gemma": "gemma-embedding",
}
SPACE = "\u2581"
POOLING = {"mean": gguf.PoolingType.MEAN, "cls": gguf.PoolingType.CLS,
           "lasttoken": gguf.PoolingType.LAST}
FEED_FORWARD = {"mlp.fc1": "ffn_up", "mlp.fc11": "ffn_up", "mlp.fc12": "ffn_gate", "mlp.fc2": "ffn_down"}


def read_json(path):
    return json.loads(path.read_text()) if path.exists() else {}


def first(config, *keys):
    return next(config[k] for k in keys if config.get(k) is not None)


class Writer:
    def __init__(self, folder, out, name):
        self.folder, self.name = folder / name, name
        self.architecture = ARCHITECTURES[name]
        self.config = read_json(self.folder / "config.json")
        self.out = gguf.GGUFWriter(str(out / (name + ".gguf")), self.architecture)
        kind = next(k for k, v in gguf.MODEL_ARCH_NAMES.items() if v == self.architecture)
        self.n_layers = first(self.config, "num_hidden_layers", "n_layer")
        self.names = gguf.get_tensor_name_map(kind, self.n_layers)

    def write(self):
        self.add_sizes()
        self.add_positions()
        self.add_head()
        self.add_tokenizer()
        for name, tensor in self.tensors().items():
            self.out.add_tensor(name, tensor)
        self.out.write_header_to_file()
        self.out.write_kv_data_to_file()
        self.out.write_tensors_to_file()
        self.out.close()

    def is_decoder(self):
        return "bert" not in self.architecture

    def add_sizes(self):
        c, w = self.config, self.out
        w.add_name(self.name)
        w.add_block_count(self.n_layers)
        w.add_embedding_length(first(c, "hidden_size", "n_embd"))
        w.add_feed_forward_length(first(c, "intermediate_size", "n_inner"))
        n_heads = first(c, "num_attention_heads", "n_head")
        w.add_head_count(n_heads)
        if "num_key_value_heads" in c:
            w.add_head_count_kv(c["num_key_value_heads"])
        if "head_dim" in c and self.is_decoder():
            w.add_key_length(c["head_dim"])
            w.add_value_length(c["head_dim"])
        if "rms_norm_eps" in c:
            w.add_layer_norm_rms_eps(c["rms_norm_eps"])
        else:
            w.add_layer_norm_eps(first(c, "layer_norm_eps", "norm_eps", "layer_norm_epsilon"))
        if self.architecture == "nomic-bert-moe":
            w.add_expert_count(c["num_experts"])
            w.add_expert_used_count(c["moe_top_k"])
            w.add_moe_every_n_layers(c["moe_every_n_layers"])
        if not self.is_decoder() or c.get("is_causal") is False:
            w.add_causal_attention(False)

    def add_positions(self):
        c, w = self.config, self.out
        n = first(c, "max_position_embeddings", "n_positions")
        if c["model_type"] == "roberta":
            n -= c["pad_token_id"] + 1
        w.add_context_length(n)
        ropes = c.get("rope_parameters") or {}
        if "full_attention" in ropes:
            w.add_rope_freq_base(ropes["full_attention"]["rope_theta"])
            w.add_rope_freq_base_swa(ropes["sliding_attention"]["rope_theta"])
        elif ropes:
            w.add_rope_freq_base(ropes["rope_theta"])
        elif "rotary_emb_base" in c:
            w.add_rope_freq_base(c["rotary_emb_base"])
        window = c.get("local_attention") or c.get("sliding_window")
        if window:
            w.add_sliding_window(window)
        if self.architecture == "modern-bert":
            types = c["layer_types"]
            w.add_sliding_window_pattern(types.index("full_attention", 1))

    def add_head(self):
        if self.architecture == "llama-embed":
            return  # As for a folder without modules.json.
        pooling = read_json(self.folder / "1_Pooling" / "config.json")
        if not pooling:
            self.out.add_pooling_type(gguf.PoolingType.RANK)
            labels = [v for _, v in sorted(self.config["id2label"].items(), key=lambda i: int(i[0]))]
            self.out.add_classifier_output_labels(labels)
            return
        modes = [k for k in POOLING if pooling.get(f"pooling_mode_{k}_tokens")]
        self.out.add_pooling_type(POOLING[pooling.get("pooling_mode") or modes[0]])

    def add_tokenizer(self):
        file = read_json(self.folder / "tokenizer.json")
        settings = read_json(self.folder / "tokenizer_config.json")
        vocab = file["model"]["vocab"]
        added = {t["content"]: t["id"] for t in file["added_tokens"]}
        special = {t["content"] for t in file["added_tokens"] if t["special"]}
        tokens = [None] * (max([*vocab.values(), *added.values()]) + 1)
        for token, i in [*vocab.items(), *added.items()]:
            tokens[i] = token
        types = [gguf.TokenType.CONTROL if t in special else gguf.TokenType.USER_DEFINED
                 if t in added else gguf.TokenType.NORMAL for t in tokens]
        w = self.out
        if file["model"]["type"] == "WordPiece":
            w.add_tokenizer_model("bert")
            w.add_tokenizer_pre("default")
            tokens = [t if t in added else t[2:] if t.startswith("##") else SPACE + t
                      for t in tokens]
            w.add_token_type_count(self.config.get("type_vocab_size", 1))
            w.add_uint32("tokenizer.ggml.cls_token_id", added["[CLS]"])
            for name, token in (("sep", "[SEP]"), ("pad", "[PAD]"), ("unk", "[UNK]"),
                                ("mask", "[MASK]")):
                getattr(w, f"add_{name}_token_id")(added[token])
        else:
            w.add_tokenizer_model("gpt2")
            composes = (file["normalizer"] or {}).get("type") == "NFC"  # As Qwen2's class does.
            w.add_tokenizer_pre("qwen2" if composes else "gpt-2")
            w.add_token_merges([m if isinstance(m, str) else " ".join(m)
                                for m in file["model"]["merges"]])
            w.add_bos_token_id(added["<s>"])
            w.add_eos_token_id(added["</s>"])
            w.add_sep_token_id(added["</s>"])
            w.add_unk_token_id(added["<unk>"])
            w.add_pad_token_id(added["<pad>"])
            template = json.dumps(file["post_processor"])
            w.add_add_bos_token("<s>" in template)
            w.add_add_eos_token("</s>" in template)
            w.add_add_sep_token(self.config["model_type"] == "roberta")
        w.add_token_list(tokens)
        w.add_token_types(types)

    def tensors(self):
        out = {}
        for name, tensor in load_file(self.folder / "model.safetensors").items():
            name = name.removeprefix("roberta.").removeprefix("model.")
            if name.startswith("pooler.") or name.endswith("mlp.experts.bias"):
                continue
            to = self.gguf_name(name)
            changed = self.changed(name, tensor.float()).numpy()
            # Matrices in 16 bits where they were, but for those that llama.cpp keeps exact.
            is_exact = tensor.dtype == torch.float32 or changed.ndim == 1 or to.startswith(
                ("position_embd", "token_types", "cls"))
            out[to] = changed if is_exact else changed.astype(np.float16)
        for i, module in enumerate(sorted(self.folder.glob("*_Dense")), 2):
            weight = load_file(module / "model.safetensors")["linear.weight"]
            out[f"dense_{i}.weight"] = weight.float().numpy()
        return out

    def gguf_name(self, name):
        if "mlp.experts.mlp.w" in name:
            name += ".weight"
        stem, ending = name.rsplit(".", 1)
        if "mlp.fc" in stem:
            layer = stem.split(".")[2]
            return f"blk.{layer}.{FEED_FORWARD[stem.split('.', 3)[3]]}.{ending}"
        if self.architecture == "modern-bert" and stem in ("head.dense", "head.norm", "classifier"):
            return {"head.dense": "cls", "head.norm": "cls.norm",
                    "classifier": "cls.output"}[stem] + "." + ending
        for prefix in ("", "model."):
            found = self.names.get_name(prefix + stem)
            if found is not None:
                return found + "." + ending
        raise KeyError(name)

    def changed(self, name, tensor):
        c = self.config
        if "mlp.experts.mlp.w" in name:
            tensor = tensor.reshape(c["num_experts"], c["n_inner"], -1)
            return tensor if name.endswith("w1") else tensor.transpose(1, 2).contiguous()
        if c["model_type"] == "roberta" and name == "embeddings.position_embeddings.weight":
            return tensor[c["pad_token_id"] + 1:].contiguous()
        if self.architecture == "gemma-embedding" and name.endswith("norm.weight"):
            return tensor + 1
        if self.architecture.startswith("llama") and ("q_proj" in name or "k_proj" in name):
            n = c["num_attention_heads" if "q_proj" in name else "num_key_value_heads"]
            return (tensor.reshape(n, 2, tensor.shape[0] // n // 2, -1).swapaxes(1, 2)
                    .reshape(tensor.shape).contiguous())
        if name == "classifier.out_proj.weight" and tensor.shape[0] == 1:
            return tensor[0].contiguous()
        return tensor


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests" / "data" / "models"
    out = folder / "gguf"
    out.mkdir(exist_ok=True)
    for name in ARCHITECTURES:
        Writer(folder, out, name).write()


if __name__ == "__main__":
    main()
