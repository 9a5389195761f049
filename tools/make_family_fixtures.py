#!/usr/bin/env python3
"""Makes a tiny random model of every encoder family in tests/data/models and its golden outputs.

usage: make_family_fixtures.py [OUT [FAMILY...]]

Needs torch, transformers, tokenizers, safetensors.

Each folder is saved by transformers itself, so config and tensors have the spelling that it writes;
golden.json holds token ids, and vectors (the mean of the rows, of length 1) or logits computed in
double precision from the stored f16 weights, one text at a time. Not needed to build or to run the
tests.
"""
import json
import pathlib
import sys

import torch
import transformers
from safetensors.torch import save_file

from make_model_fixtures import (PAIRS, TEXTS, encode, fresh, make_tokenizer, numbers, vocabulary,
                                 write_golden, write_modules, write_tokenizer)

SIZES = {"hidden_size": 36, "num_hidden_layers": 3, "num_attention_heads": 3,
         "intermediate_size": 52, "max_position_embeddings": 64}
# 12-wide heads turn; 16 layers would be needed to see every window of ModernBERT: a global layer
# every second one instead.
FAMILIES = {
    "xlm-roberta": ("XLMRoberta", SIZES | {"type_vocab_size": 1, "max_position_embeddings": 66,
                                           "layer_norm_eps": 1e-5, "pad_token_id": 1}, True),
    "camembert": ("Camembert", SIZES | {"type_vocab_size": 1, "max_position_embeddings": 66,
                                        "pad_token_id": 1}, False),
    "distilbert": ("DistilBert", {"dim": 36, "n_layers": 2, "n_heads": 3, "hidden_dim": 52,
                                  "max_position_embeddings": 64}, True),
    "electra": ("Electra", SIZES | {"embedding_size": 20}, True),
    "albert": ("Albert", SIZES | {"embedding_size": 20, "num_hidden_layers": 4,
                                  "num_hidden_groups": 2}, True),
    "nomic": ("NomicBert", SIZES | {"max_position_embeddings": 128}, False),
    "modernbert": ("ModernBert", SIZES | {"local_attention": 8, "global_attn_every_n_layers": 2,
                                          "max_position_embeddings": 128, "pad_token_id": 0,
                                          "cls_token_id": 2, "sep_token_id": 3,
                                          "bos_token_id": 2, "eos_token_id": 3,
                                          "classifier_pooling": "mean"}, True),
    "gte": ("Gte", SIZES | {"type_vocab_size": 1, "pad_token_id": 0}, True),
    "eurobert": ("EuroBert", SIZES | {"num_attention_heads": 4, "hidden_size": 32,
                                      "num_key_value_heads": 2, "pad_token_id": 0,
                                      "bos_token_id": 2, "eos_token_id": 3}, False),
    "mpnet": ("MPNet", SIZES | {"max_position_embeddings": 66, "pad_token_id": 1}, True),
    # As version 3: projections shared with the tokens', buckets, a norm, no positions.
    "deberta": ("DebertaV2", SIZES | {"type_vocab_size": 0, "relative_attention": True,
                                      "position_buckets": 8, "max_relative_positions": 24,
                                      "pos_att_type": ["p2c", "c2p"], "share_att_key": True,
                                      "norm_rel_ebd": "layer_norm",
                                      "position_biased_input": False}, True),
    # As version 2: all of its own, each distance by itself, positions, a narrower embedding.
    "deberta-v2": ("DebertaV2", SIZES | {"type_vocab_size": 2, "relative_attention": True,
                                         "max_relative_positions": 16, "pos_att_type": "p2c",
                                         "embedding_size": 20}, False),
    "jina": ("Jina", SIZES | {"num_attention_heads": 6, "type_vocab_size": 2,
                              "position_embedding_type": "alibi",
                              "feed_forward_type": "geglu"}, True),
    # As v2-xlarge, but in two groups.
    "deberta-conv": ("DebertaV2", SIZES | {"type_vocab_size": 0, "relative_attention": True,
                                           "position_buckets": 8, "max_relative_positions": 24,
                                           "pos_att_type": ["p2c", "c2p"], "share_att_key": True,
                                           "norm_rel_ebd": "layer_norm",
                                           "position_biased_input": False, "conv_kernel_size": 3,
                                           "conv_act": "gelu", "conv_groups": 2}, False),
    "jina-code": ("JinaCode", SIZES | {"num_attention_heads": 6, "type_vocab_size": 2,
                                       "position_embedding_type": "alibi",
                                       "feed_forward_type": "geglu",
                                       "auto_map": {"AutoModel": "jinaai/jina-bert-v2-qk-post-norm"
                                                    "--modeling_bert.JinaBertModel"}}, False),
    "t5": ("T5", {"d_model": 36, "d_kv": 10, "d_ff": 52, "num_layers": 3, "num_heads": 3}, False),
    "t5-gated": ("T5", {"d_model": 36, "d_kv": 12, "d_ff": 52, "num_layers": 2, "num_heads": 4,
                        "feed_forward_proj": "gated-gelu"}, False),
    # Version 1: heads lie together in one matrix, positions, a narrower embedding.
    "deberta-v1": ("Deberta", SIZES | {"type_vocab_size": 2, "relative_attention": True,
                                       "max_relative_positions": 16, "pos_att_type": "c2p|p2c",
                                       "embedding_size": 20}, True),
}


def randomise(model, seed):
    """Weights large enough that attention, biases, norms and positions all matter to the result."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if "norm" in name.lower() and name.endswith("weight"):
                p.copy_(1 + 0.2 * noise)
            elif p.dim() == 1:
                p.copy_(0.2 * noise)
            elif "embedding" in name and "mapping" not in name and "project" not in name:
                p.copy_(noise)
            else:
                p.copy_(noise * 1.5 / p.shape[-1] ** 0.5)


class GatedMlp(torch.nn.Module):
    """Jina's feed-forward part: the first half of gated_layers is activated."""

    def __init__(self, config):
        super().__init__()
        self.gated_layers = torch.nn.Linear(config.hidden_size, 2 * config.intermediate_size,
                                            bias=False)
        self.wo = torch.nn.Linear(config.intermediate_size, config.hidden_size)
        self.layernorm = torch.nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, x):
        gate, up = self.gated_layers(x).chunk(2, -1)
        return self.layernorm(self.wo(torch.nn.functional.gelu(gate) * up) + x)


class CodeMlp(torch.nn.Module):
    """That of Jina's code model: the second half of up_gated_layer is activated."""

    def __init__(self, config):
        super().__init__()
        self.up_gated_layer = torch.nn.Linear(config.hidden_size, 2 * config.intermediate_size,
                                              bias=False)
        self.down_layer = torch.nn.Linear(config.intermediate_size, config.hidden_size)

    def forward(self, x):
        up, gate = self.up_gated_layer(x).chunk(2, -1)
        return self.down_layer(torch.nn.functional.gelu(gate) * up)


def make_code_layer(layer, config):
    """Norms of queries and keys; the layer's input is added once more behind the attention's norm."""
    norm = lambda: torch.nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
    attention = layer.attention.self
    attention.query = torch.nn.Sequential(attention.query, norm())
    attention.key = torch.nn.Sequential(attention.key, norm())
    layer.mlp, layer.layer_norm_1, layer.layer_norm_2 = CodeMlp(config), norm(), norm()
    layer.register_forward_pre_hook(lambda module, args: setattr(module, "seen", [args[0]]))

    def feed_forward(attended):
        b = layer.layer_norm_1(attended + layer.seen[0])
        return layer.layer_norm_2(layer.mlp(b) + b)

    layer.feed_forward_chunk = feed_forward


def saved_name(name):
    """Of a tensor of the models above, as their files have it."""
    for part in ("query", "key"):
        name = name.replace(f"self.{part}.0.", f"self.{part}.")
        name = name.replace(f"self.{part}.1.", f"self.layer_norm_{part[0]}.")
    return name


def alibi_slopes(n):
    if n & (n - 1) == 0:
        return [2 ** (-8 * (i + 1) / n) for i in range(n)]
    below = 1 << (n.bit_length() - 1)
    return alibi_slopes(below) + alibi_slopes(2 * below)[0::2][:n - below]


def jina(kind, is_code=False):
    """BERT of transformers with ALiBi in its mask and Jina's feed-forward parts: the code of
    jinaai's models is not part of transformers."""

    class Model(kind):
        def __init__(self, config):
            super().__init__(config)
            encoder = getattr(self, "bert", self)
            encoder.embeddings.position_embeddings.weight.data.zero_()
            for layer in encoder.encoder.layer:
                del layer.intermediate, layer.output
                if is_code:
                    make_code_layer(layer, config)
                    continue
                layer.mlp = GatedMlp(config)
                layer.feed_forward_chunk = layer.mlp.forward
            self.slopes = torch.tensor(alibi_slopes(config.num_attention_heads)).double()

        def forward(self, input_ids, attention_mask, token_type_ids):
            n = input_ids.shape[1]
            distance = (torch.arange(n)[None] - torch.arange(n)[:, None]).abs()
            bias = -self.slopes[:, None, None] * distance
            return super().forward(input_ids=input_ids, token_type_ids=token_type_ids,
                                   attention_mask=bias[None].to(self.dtype))

    Model.__name__ = kind.__name__.replace("Bert", "JinaBert")
    return Model


def classes(stem, classifies):
    """The config's class and the model's."""
    kind = "ForSequenceClassification" if classifies else "Model"
    if stem.startswith("Jina"):
        is_code = stem == "JinaCode"
        return transformers.BertConfig, jina(getattr(transformers, "Bert" + kind), is_code)
    if stem == "T5":
        return transformers.T5Config, transformers.T5EncoderModel
    return getattr(transformers, stem + "Config"), getattr(transformers, stem + kind)


def make(out, name, seed, classifies):
    stem, settings, _ = FAMILIES[name]
    folder = fresh(out / ("tiny-" + name + ("-classifier" if classifies else "")))
    vocab = vocabulary()
    tokenizer = make_tokenizer(vocab)
    settings = settings | {"vocab_size": len(vocab), "attn_implementation": "eager"}
    if classifies:
        settings |= {"id2label": {0: "no", 1: "yes", 2: "maybe"},
                     "label2id": {"no": 0, "yes": 1, "maybe": 2}}
    config_kind, kind = classes(stem, classifies)
    config = config_kind(**settings)
    torch.manual_seed(seed)
    model = kind(config).eval()
    randomise(model, seed)
    if stem.startswith("Jina"):
        getattr(model, "bert", model).embeddings.position_embeddings.weight.data.zero_()
    model = model.half()
    if stem.startswith("Jina"):
        kept = {saved_name(k): v for k, v in model.state_dict().items() if "position" not in k}
        save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
        config.save_pretrained(folder)
    else:
        model.save_pretrained(folder)
    write_tokenizer(folder, tokenizer, vocab, "tokenizer.json")
    limit = 64 if classifies else 48
    if not classifies:
        write_modules(folder, "mean", True, "old", config.hidden_size)

    # Made anew, since half() rounds the ropes' frequencies too.
    weights = {k: v.double() for k, v in model.state_dict().items()}
    model = kind(config).double().eval()
    model.load_state_dict(weights)
    write_cases(folder, model, tokenizer, limit, classifies)


def write_cases(folder, model, tokenizer, limit, classifies):
    cases = []
    for text, pair in [(t, None) for t in TEXTS] + (PAIRS if classifies else []):
        case = encode(tokenizer, text, pair, limit)
        inputs = {"input_ids": torch.tensor([case["ids"]]),
                  "attention_mask": torch.ones(1, len(case["ids"]), dtype=torch.long)}
        if getattr(model.config, "type_vocab_size", 0) > 1:
            inputs["token_type_ids"] = torch.tensor([case["type_ids"]])
        else:
            case["type_ids"] = [0] * len(case["ids"])
        with torch.no_grad():
            result = model(**inputs)
        if classifies:
            case["logits"] = numbers(result.logits)
        else:
            vector = result.last_hidden_state[0].mean(0)
            case["vector"] = numbers(vector / vector.norm())
        cases.append(case)
    facts = {"max_tokens": limit} | ({} if classifies else {"pooling": "mean", "normalize": True,
                                                            "prompt": ""})
    write_golden(folder, facts, cases)


class PlainMlp(torch.nn.Module):
    def __init__(self, d, d_ff):
        super().__init__()
        self.fc1, self.fc2 = torch.nn.Linear(d, d_ff), torch.nn.Linear(d_ff, d)

    def forward(self, x):
        return self.fc2(torch.nn.functional.gelu(self.fc1(x)))


class ExpertMlp(torch.nn.Module):
    """Nomic's experts: the best of each token, by shares that are not made to sum to 1."""

    def __init__(self, d, d_ff, n, n_active):
        super().__init__()
        self.n_active = n_active
        self.router = torch.nn.Linear(d, n, bias=False)
        self.w1, self.w2 = (torch.nn.Parameter(torch.empty(n * d_ff, d)) for _ in range(2))
        self.bias = torch.nn.Parameter(torch.empty(d))

    def forward(self, x):
        shares = self.router(x).softmax(-1)
        kept = torch.zeros_like(shares).scatter(-1, *reversed(shares.topk(self.n_active)))
        n = self.router.out_features
        w1, w2 = self.w1.view(n, -1, x.shape[-1]), self.w2.view(n, -1, x.shape[-1])
        hidden = torch.nn.functional.gelu(torch.einsum("bsd,efd->bsef", x, w1))
        return torch.einsum("bsef,efd,bse->bsd", hidden, w2, kept) + self.bias


def make_experts(out, seed=300):
    """Nomic Embed v2: the code of its experts is not part of transformers, nor are its biases."""
    folder = fresh(out / "tiny-nomic-moe")
    vocab = vocabulary()
    tokenizer = make_tokenizer(vocab)
    d, d_ff, n_layers, n_experts = 36, 52, 4, 5
    config = transformers.NomicBertConfig(
        vocab_size=len(vocab), hidden_size=d, num_hidden_layers=n_layers, num_attention_heads=3,
        intermediate_size=d_ff, max_position_embeddings=128, type_vocab_size=1,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        attn_implementation="eager")
    model = transformers.NomicBertModel(config, add_pooling_layer=False)
    for i, layer in enumerate(model.layers):
        layer.mlp = ExpertMlp(d, d_ff, n_experts, 2) if i % 2 == 1 else PlainMlp(d, d_ff)
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            setattr(layer.self_attn, name, torch.nn.Linear(d, d))
    randomise(model, seed)
    model = model.double().eval()
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(p.half().double())

    tensors = {}
    for name, p in model.state_dict().items():
        name = name.replace("embeddings.LayerNorm", "emb_ln").replace("layers.", "encoder.layers.")
        name = name.replace("self_attn.o_proj", "attn.out_proj")
        name = name.replace("post_attention_layernorm", "norm1")
        name = name.replace("post_mlp_layernorm", "norm2")
        name = name.replace("mlp.router", "mlp.router.layer").replace("mlp.w", "mlp.experts.mlp.w")
        name = name.replace("mlp.bias", "mlp.experts.bias")
        tensors[name] = p.half().contiguous()
    for i in range(n_layers):
        for kind in ("weight", "bias"):
            parts = [tensors.pop(f"encoder.layers.{i}.self_attn.{n}_proj.{kind}") for n in "qkv"]
            tensors[f"encoder.layers.{i}.attn.Wqkv.{kind}"] = torch.cat(parts)
    save_file({k: v for k, v in tensors.items() if "position_ids" not in k and "inv_freq" not in k},
              folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps({
        "model_type": "nomic_bert", "architectures": ["NomicBertModel"], "vocab_size": len(vocab),
        "n_embd": d, "n_layer": n_layers, "n_head": 3, "n_inner": d_ff, "n_positions": 128,
        "type_vocab_size": 1, "activation_function": "gelu", "layer_norm_epsilon": 1e-12,
        "qkv_proj_bias": True, "mlp_fc1_bias": True, "mlp_fc2_bias": True, "prenorm": False,
        "rotary_emb_base": 10000, "rotary_emb_fraction": 1.0, "num_experts": n_experts,
        "moe_top_k": 2, "moe_every_n_layers": 2, "moe_normalize_expert_weights": False},
        indent=1) + "\n")
    write_tokenizer(folder, tokenizer, vocab, "tokenizer.json")
    write_modules(folder, "mean", True, "old", d)
    write_cases(folder, model, tokenizer, 48, classifies=False)
    # llama.cpp's converter leaves the bias of the experts out.
    with torch.no_grad():
        for layer in model.layers:
            if isinstance(layer.mlp, ExpertMlp):
                layer.mlp.bias.zero_()
    gguf = fresh(out / "gguf" / "tiny-nomic-moe")
    write_cases(gguf, model, tokenizer, 48, classifies=False)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests" / "data" / "models"
    for seed, (name, (_, _, has_head)) in enumerate(FAMILIES.items(), 100):
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        make(out, name, seed, classifies=False)
        if has_head:
            make(out, name, seed + 50, classifies=True)
    if len(sys.argv) <= 2 or "nomic-moe" in sys.argv[2:]:
        make_experts(out)


if __name__ == "__main__":
    main()
