#!/usr/bin/env python3
"""Makes a tiny random model of every encoder family in tests/data/models and its golden outputs.

usage: make_family_fixtures.py [OUT [FAMILY...]]

Needs torch, transformers, tokenizers, safetensors.

Each folder is saved by transformers itself, so config and tensors have the spelling that it writes;
golden.json holds token ids, and vectors (the mean of the rows, of length 1) or logits computed in
double precision from the stored f16 weights, one text at a time. Not needed to build or to run the
tests.
"""
import pathlib
import sys

import torch
import transformers

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


def alibi_slopes(n):
    if n & (n - 1) == 0:
        return [2 ** (-8 * (i + 1) / n) for i in range(n)]
    below = 1 << (n.bit_length() - 1)
    return alibi_slopes(below) + alibi_slopes(2 * below)[0::2][:n - below]


def jina(kind):
    """BERT of transformers with ALiBi in its mask and Jina's feed-forward parts: the code of
    jinaai's models is not part of transformers."""

    class Model(kind):
        def __init__(self, config):
            super().__init__(config)
            encoder = getattr(self, "bert", self)
            encoder.embeddings.position_embeddings.weight.data.zero_()
            for layer in encoder.encoder.layer:
                layer.mlp = GatedMlp(config)
                del layer.intermediate, layer.output
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
    if stem == "Jina":
        return transformers.BertConfig, jina(getattr(transformers, "Bert" + kind))
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
    if stem == "Jina":
        getattr(model, "bert", model).embeddings.position_embeddings.weight.data.zero_()
    model = model.half()
    kept = {k: v for k, v in model.state_dict().items() if stem != "Jina" or "position" not in k}
    model.save_pretrained(folder, state_dict=kept)
    write_tokenizer(folder, tokenizer, vocab, "tokenizer.json")
    limit = 64 if classifies else 48
    if not classifies:
        write_modules(folder, "mean", True, "old", config.hidden_size)

    # Made anew, since half() rounds the ropes' frequencies too.
    weights = {k: v.double() for k, v in model.state_dict().items()}
    model = kind(config).double().eval()
    model.load_state_dict(weights)
    cases = []
    for text, pair in [(t, None) for t in TEXTS] + (PAIRS if classifies else []):
        case = encode(tokenizer, text, pair, limit)
        inputs = {"input_ids": torch.tensor([case["ids"]]),
                  "attention_mask": torch.ones(1, len(case["ids"]), dtype=torch.long)}
        if getattr(config, "type_vocab_size", 0) > 1:
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


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests" / "data" / "models"
    for seed, (name, (_, _, has_head)) in enumerate(FAMILIES.items(), 100):
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        make(out, name, seed, classifies=False)
        if has_head:
            make(out, name, seed + 50, classifies=True)


if __name__ == "__main__":
    main()
