#!/usr/bin/env python3
"""Makes tiny models in tests/data/models that label tokens, and what transformers makes of texts.

usage: make_tag_fixtures.py [OUT]      needs torch, transformers, tokenizers

golden.json: the "token-classification" pipeline of transformers in double precision, without
aggregation (with "O") and with "simple"; places are bytes of the text. Not needed to build or to
run the tests. tiny-tags is trained to tell tokens by their ids; the others are random.
"""
import json
import pathlib
import sys

import torch
import transformers

from make_family_fixtures import randomise
from make_model_fixtures import (TEXTS, fresh, make_roberta_tokenizer, make_tokenizer, numbers,
                                 vocabulary, write_golden, write_json, write_tokenizer)
from train_tiny import random_ids, train

D = 24
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "MISC"]
CASES = [TEXTS[i] for i in (0, 1, 2, 5, 6, 13)] + ["The cat  sleeps.\tA dog\nruns", "word " * 60]


def write_cases(folder, kind, limit):
    model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").double().eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.model_max_length = limit

    def in_bytes(text, entity, key):
        place = {"begin": len(text[:entity["start"]].encode()), "end": len(text[:entity["end"]].encode())}
        return {"label": entity[key], "score": float(f"{float(entity['score']):.9g}")} | place

    def case(text):
        made = {"text": text}
        for name, strategy, key, ignored in (("tokens", "none", "entity", []),
                                             ("spans", "simple", "entity_group", ["O"])):
            pipe = transformers.pipeline("token-classification", model=model, tokenizer=tokenizer,
                                         aggregation_strategy=strategy, ignore_labels=ignored)
            made[name] = [in_bytes(text, e, key) for e in pipe(text)]
        return made

    write_golden(folder, {"max_tokens": limit}, [case(t) for t in CASES])


def learn_labels(model, n_vocab):
    def loss(generator):
        ids = random_ids(generator, 16, 20, 5, n_vocab)
        logits = model(input_ids=ids).logits
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids.flatten() % len(LABELS))

    train([model], loss, 504)


def settings():
    return {"id2label": dict(enumerate(LABELS)), "label2id": {l: i for i, l in enumerate(LABELS)}}


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests" / "data" / "models"
    vocab = vocabulary()

    config = transformers.BertConfig(
        vocab_size=len(vocab), hidden_size=D, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=36, max_position_embeddings=64, attn_implementation="eager", **settings())
    model = transformers.BertForTokenClassification(config)
    randomise(model, 501)
    learn_labels(model, len(vocab))
    folder = fresh(out / "tiny-tags")
    model.half().save_pretrained(folder)
    write_tokenizer(folder, make_tokenizer(vocab), vocab, "tokenizer.json")
    write_cases(folder, transformers.BertForTokenClassification, 64)

    tokenizer = make_roberta_tokenizer()
    config = transformers.RobertaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=D, num_hidden_layers=1,
        num_attention_heads=2, intermediate_size=36, max_position_embeddings=66,
        layer_norm_eps=1e-5, type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2,
        attn_implementation="eager", **settings())
    model = transformers.RobertaForTokenClassification(config)
    randomise(model, 502)
    folder = fresh(out / "tiny-tags-roberta")
    model.half().save_pretrained(folder)
    write_json(folder / "tokenizer_config.json",
               {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>",
                "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>",
                "tokenizer_class": "RobertaTokenizer", "model_max_length": 64})
    (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=False))
    write_cases(folder, transformers.RobertaForTokenClassification, 64)

    config = transformers.ModernBertConfig(
        vocab_size=len(vocab), hidden_size=D, intermediate_size=20, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=64, global_attn_every_n_layers=2,
        local_attention=8, pad_token_id=0, cls_token_id=2, sep_token_id=3, bos_token_id=2,
        eos_token_id=3, attn_implementation="eager", reference_compile=False, **settings())
    model = transformers.ModernBertForTokenClassification(config)
    randomise(model, 503)
    folder = fresh(out / "tiny-tags-modernbert")
    model.half().save_pretrained(folder)
    write_tokenizer(folder, make_tokenizer(vocab), vocab, "tokenizer.json")
    write_cases(folder, transformers.ModernBertForTokenClassification, 64)


if __name__ == "__main__":
    main()
