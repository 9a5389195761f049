#!/usr/bin/env python3
"""Makes tiny random sentence-transformers folders in tests/data/models and what the library itself makes of texts.

usage: make_vector_fixtures.py [OUT]      needs torch, transformers, sentence-transformers, tokenizers

Each folder is saved by sentence-transformers; golden.json holds token ids and the vectors of
SentenceTransformer.encode in double precision, one text at a time: "cases" with the model's default
prompt, "query_cases" of encode_query. Not needed to build or to run the tests.
"""
import json
import pathlib
import sys

import torch
import transformers
from sentence_transformers import SentenceTransformer, models
from tokenizers import processors
from torch import nn

from make_family_fixtures import randomise
from make_model_fixtures import (TEXTS, fresh, make_roberta_tokenizer, make_tokenizer, numbers,
                                 vocabulary, write_golden, write_json, write_tokenizer)

D = 24
LIMIT = 40


def write_transformer(folder, seed):
    """A BERT of one head and two layers."""
    vocab = vocabulary()
    config = transformers.BertConfig(
        vocab_size=len(vocab), hidden_size=D, num_hidden_layers=2, num_attention_heads=1,
        intermediate_size=36, max_position_embeddings=64, attn_implementation="eager")
    model = transformers.BertModel(config, add_pooling_layer=False)
    randomise(model, seed)
    model.half().save_pretrained(folder)
    write_tokenizer(folder, make_tokenizer(vocab), vocab, "tokenizer.json")


def byte_tokenizer(begin, end):
    """Byte-level BPE; `begin` and `end` are put round every text, where they are named."""
    tokenizer = make_roberta_tokenizer()
    pieces = ([begin] if begin else []) + ["$A"] + ([end] if end else [])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=" ".join(pieces), pair=" ".join(pieces).replace("$A", "$A $B"),
        special_tokens=[(t, tokenizer.token_to_id(t)) for t in (begin, end) if t])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=begin or None, eos_token="</s>", pad_token="<pad>",
        model_max_length=96)


def write_decoder(folder, seed, kind, settings, begin, end):
    """A decoder's network without its output matrix; heads are as wide as suits them."""
    tokenizer = byte_tokenizer(begin, end)
    sizes = {"hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16,
             "vocab_size": len(tokenizer), "max_position_embeddings": 96, "pad_token_id": 1,
             "bos_token_id": 0, "eos_token_id": 2, "attn_implementation": "eager"}
    stem = {"Gemma3": "Gemma3Text"}.get(kind, kind)
    config = getattr(transformers, stem + "Config")(**(sizes | settings))
    model = getattr(transformers, stem + "Model")(config)
    randomise(model, seed)
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def dense(n_in, n_out, seed, **settings):
    module = models.Dense(n_in, n_out, **settings)
    randomise(module, seed)
    return module


def layer_norm(n, seed):
    module = models.LayerNorm(n)
    randomise(module, seed)
    return module


def save(out, name, seed, modules, write=write_transformer, limit=LIMIT, **settings):
    """A folder as the library saves it."""
    torch.manual_seed(seed)  # Of the pooler, which is drawn and unused.
    base = fresh(out / (name + ".base"))
    write(base, seed)
    transformer = models.Transformer(str(base), max_seq_length=limit)
    folder = fresh(out / name)
    model = SentenceTransformer(modules=[transformer, *modules], device="cpu", **settings)
    model.to(transformer.auto_model.dtype)
    model.save_pretrained(str(folder), create_model_card=False)
    for file in base.iterdir():
        file.unlink()
    base.rmdir()
    return folder


def change_json(path, change):
    value = json.loads(path.read_text())
    change(value)
    write_json(path, value)


def write_cases(folder, limit=LIMIT):
    # In f32 first: what a model computes from its config, it would round to 16 bits otherwise.
    model = SentenceTransformer(str(folder), device="cpu",
                                model_kwargs={"dtype": torch.float32}).double()
    tokenizer = model.tokenizer

    def case(text, prompt, encode):
        full = len(tokenizer(prompt + text)["input_ids"])
        ids = tokenizer(prompt + text, truncation=True, max_length=limit)["input_ids"]
        vector = encode([text], convert_to_tensor=True)[0]
        return {"text": text, "ids": ids, "n_dropped": full - len(ids), "vector": numbers(vector)}

    default = model.prompts.get(model.default_prompt_name, "")
    facts = {"max_tokens": limit, "prompt": default}
    query = model.prompts.get("query", default)
    facts["query_cases"] = [case(t, query, model.encode_query) for t in TEXTS[:4]]
    write_golden(folder, facts, [case(t, default, model.encode) for t in TEXTS])


def make_decoder(out, name, seed, kind, modules, settings=None, begin=None, end="</s>", **kept):
    folder = save(out, name, seed, modules, limit=80,
                  write=lambda at, s: write_decoder(at, s, kind, settings or {}, begin, end), **kept)
    write_cases(folder, 80)


def make_decoders(out):
    last = [models.Pooling(24, "lasttoken"), models.Normalize()]
    make_decoder(out, "tiny-st-qwen3", 211, "Qwen3", last,
                 prompts={"query": "Instruct: find\nQuery:", "document": ""})
    make_decoder(out, "tiny-st-qwen2", 212, "Qwen2", last,
                 {"head_dim": 6, "is_causal": False})
    # A window that longer texts than it do not fit into.
    make_decoder(out, "tiny-st-mistral", 213, "Mistral", last, {"sliding_window": 24}, begin="<s>")
    make_decoder(out, "tiny-st-llama", 214, "Llama", [models.Pooling(24, "mean")],
                 {"is_causal": False}, begin="<s>", end=None)
    make_decoder(out, "tiny-st-gemma", 215, "Gemma3", [
        models.Pooling(24, "mean"),
        dense(24, 60, 7, bias=False, activation_function=nn.Identity()),
        dense(60, 24, 8, bias=False, activation_function=nn.Identity()), models.Normalize()],
        {"use_bidirectional_attention": True, "sliding_window": 8, "num_key_value_heads": 1,
         "num_hidden_layers": 7, "query_pre_attn_scalar": 16}, begin="<s>",
        prompts={"query": "task: search result | query: ", "document": "title: none | text: "})


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests" / "data" / "models"
    all_modes = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]

    # All old flags at once, in the order that they are joined in; a Dense that names no activation.
    folder = save(out, "tiny-st-flags", 201, [
        models.Pooling(D, all_modes), dense(6 * D, 20, 1), models.Normalize()])
    flags = ["cls_token", "max_tokens", "mean_tokens", "mean_sqrt_len_tokens",
             "weightedmean_tokens", "lasttoken"]
    write_json(folder / "1_Pooling" / "config.json",
               {"word_embedding_dimension": D} | {"pooling_mode_" + f: True for f in flags})
    change_json(folder / "2_Dense" / "config.json", lambda c: c.pop("activation_function", None))
    write_cases(folder)

    # A list of modes in an order of its own, every kind of module, and a cut at the end.
    folder = save(out, "tiny-st-chain", 202, [
        models.Pooling(D, ["lasttoken", "mean"]), models.Normalize(),
        dense(2 * D, 30, 2, activation_function=nn.GELU()), layer_norm(30, 3),
        dense(30, 30, 4, activation_function=nn.Identity(), use_residual=True), models.Dropout(0.1),
        dense(30, 70, 5, bias=False, activation_function=nn.SiLU(), use_residual=True),
        models.Normalize()], truncate_dim=17)
    write_cases(folder)

    # Prompts that do not count.
    folder = save(out, "tiny-st-prompts", 203, [
        models.Pooling(D, ["weightedmean", "cls"], include_prompt=False),
        dense(2 * D, 12, 6, activation_function=nn.Sigmoid())],
        prompts={"query": "search query : ", "passage": "text : "}, default_prompt_name="passage")
    write_cases(folder)
    make_decoders(out)


if __name__ == "__main__":
    main()
