#!/usr/bin/env python3
"""Writes model folders of other encoder families with random weights in their real shapes: for speed.

usage: make_random_encoders.py --tokenizer DIR --out DIR NAME...
       NAME: deberta-v3-base, deberta-v3-base-nli, xlm-r-base, modernbert-base, nomic-v1.5, qwen3-0.6b

The tokenizer's files are copied from DIR (a folder with the 30,522-token bert-base vocabulary), so that
every model gets the same tokens; the embeddings have the family's own number of rows. All pool by the
mean. make_random_bert.py writes BERT's shapes without torch. Keep the results outside the repository.
Needs: torch, transformers.
"""
import argparse
import json
import pathlib
import shutil

import torch
import transformers as hf

MODULES = [("0", "", "Transformer"), ("1", "1_Pooling", "Pooling"), ("2", "2_Normalize", "Normalize")]


def deberta_config(**more):
    return hf.DebertaV2Config(
        vocab_size=128100, type_vocab_size=0, relative_attention=True, position_buckets=256,
        norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type=["p2c", "c2p"],
        position_biased_input=False, max_relative_positions=-1, hidden_size=768,
        num_hidden_layers=12, num_attention_heads=12, intermediate_size=3072, **more)


def deberta():
    return hf.DebertaV2Model(deberta_config())


def deberta_nli():
    return hf.DebertaV2ForSequenceClassification(deberta_config(
        id2label={0: "entailment", 1: "neutral", 2: "contradiction"},
        label2id={"entailment": 0, "neutral": 1, "contradiction": 2}))


def xlm_r():
    return hf.XLMRobertaModel(hf.XLMRobertaConfig(
        vocab_size=250002, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5))


def qwen3():
    return hf.Qwen3Model(hf.Qwen3Config(
        vocab_size=151669, hidden_size=1024, intermediate_size=3072, num_hidden_layers=28,
        num_attention_heads=16, num_key_value_heads=8, head_dim=128, tie_word_embeddings=True))


MAKERS = {"deberta-v3-base": deberta, "deberta-v3-base-nli": deberta_nli, "xlm-r-base": xlm_r, "qwen3-0.6b": qwen3,
          "modernbert-base": lambda: hf.ModernBertModel(hf.ModernBertConfig()),
          "nomic-v1.5": lambda: hf.NomicBertModel(hf.NomicBertConfig())}


def write(name: str, tokenizer: pathlib.Path, folder: pathlib.Path) -> None:
    torch.manual_seed(0)
    model = MAKERS[name]()
    for p in model.parameters():
        if p.ndim > 1:
            p.data.normal_(0, 0.03)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tokenizer / file, folder)
    n = sum(p.numel() for p in model.parameters())
    print(f"{folder}: {n / 1e6:.0f} million numbers")
    if not name.endswith("-nli"):
        write_pooling(model, folder)


def write_pooling(model, folder: pathlib.Path) -> None:
    (folder / "1_Pooling").mkdir(exist_ok=True)
    pooling = {"word_embedding_dimension": model.config.hidden_size, "pooling_mode_mean_tokens": True,
               "pooling_mode_cls_token": False, "pooling_mode_max_tokens": False,
               "pooling_mode_mean_sqrt_len_tokens": False}
    (folder / "1_Pooling/config.json").write_text(json.dumps(pooling))
    (folder / "modules.json").write_text(json.dumps(
        [{"idx": i, "name": n, "path": path, "type": f"sentence_transformers.models.{kind}"}
         for i, (n, path, kind) in enumerate(MODULES)]))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 512}))


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--tokenizer", required=True, type=pathlib.Path)
    ap.add_argument("--out", required=True, type=pathlib.Path)
    ap.add_argument("names", nargs="+", choices=list(MAKERS))
    a = ap.parse_args()
    for name in a.names:
        write(name, a.tokenizer, a.out / name)


if __name__ == "__main__":
    main()
