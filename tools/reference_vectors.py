#!/usr/bin/env python3
"""Computes and caches what the reference implementation says of the comparison texts.

usage: reference_vectors.py --model DIR --cache DIR [--nli DIR] [--shared DIR] [--sets a,b] [--double]

Writes under CACHE/<model folder's name>/:
  SET.npy          float32 [n, d]: transformers in float32, mean pooling, L2 norm 1
  SET.ids.npz      ids [sum], starts [n + 1]: huggingface/tokenizers, template included
  SET.f64.npy      with --double: the same in float64, to see how far f32 itself is from the truth
  SET.logits.npy   with --nli, for the pair sets, under CACHE/<nli folder's name>/
  manifest.json    digest of the texts and the versions that made each file
A set whose file is there and whose texts have not changed is left alone.
Needs: torch, transformers, tokenizers, numpy.
"""
import argparse
import json
import os
import pathlib
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import tokenizers
import torch
import transformers

import reference_texts as texts_of

BATCH_TOKENS = 4096


def encode_all(model: pathlib.Path, items: list, max_tokens: int) -> list:
    """One encoding per text, or per (text, text_pair)."""
    tokenizer = tokenizers.Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens, strategy="longest_first")
    return tokenizer.encode_batch(items)


def equal_length_batches(encodings: list):
    """Index lists of sequences of one length: the reference never sees padding."""
    by_length: dict[int, list[int]] = {}
    for i, e in enumerate(encodings):
        by_length.setdefault(len(e.ids), []).append(i)
    for length, indices in sorted(by_length.items()):
        step = max(1, BATCH_TOKENS // length)
        for k in range(0, len(indices), step):
            yield indices[k:k + step]


def model_input(encodings: list, indices: list[int]) -> dict:
    ids = torch.tensor([encodings[i].ids for i in indices])
    types = torch.tensor([encodings[i].type_ids for i in indices])
    return {"input_ids": ids, "token_type_ids": types, "attention_mask": torch.ones_like(ids)}


def embed(model, encodings: list) -> np.ndarray:
    rows: list = [None] * len(encodings)
    started, n_done, n_tokens = time.time(), 0, 0
    for indices in equal_length_batches(encodings):
        with torch.inference_mode():
            hidden = model(**model_input(encodings, indices)).last_hidden_state
            pooled = hidden.mean(dim=1)
            vectors = torch.nn.functional.normalize(pooled, dim=1).numpy()
        for i, v in zip(indices, vectors):
            rows[i] = v
        n_done += len(indices)
        n_tokens += sum(len(encodings[i].ids) for i in indices)
        if n_done % 50 < len(indices):
            rate = n_tokens / (time.time() - started)
            print(f"  {n_done}/{len(encodings)} texts, {rate:.0f} tokens/s", flush=True)
    return np.stack(rows)


def classify(model, encodings: list) -> np.ndarray:
    rows: list = [None] * len(encodings)
    for indices in equal_length_batches(encodings):
        with torch.inference_mode():
            logits = model(**model_input(encodings, indices)).logits.numpy()
        for i, v in zip(indices, logits):
            rows[i] = v
    return np.stack(rows)


def save_ids(path: pathlib.Path, encodings: list) -> None:
    starts = np.cumsum([0] + [len(e.ids) for e in encodings])
    ids = np.concatenate([np.asarray(e.ids, np.int32) for e in encodings])
    np.savez_compressed(path, ids=ids, starts=starts)


class Cache:
    """A folder of results and the digests of what they were computed from."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.manifest_path = folder / "manifest.json"
        folder.mkdir(parents=True, exist_ok=True)
        exists = self.manifest_path.exists()
        self.manifest = json.loads(self.manifest_path.read_text()) if exists else {}

    def is_fresh(self, name: str, digest: str) -> bool:
        return (self.folder / name).exists() and self.manifest.get(name, {}).get("texts") == digest

    def put(self, name: str, digest: str, array: np.ndarray) -> None:
        np.save(self.folder / name, array)
        self.manifest[name] = {
            "texts": digest, "torch": torch.__version__, "transformers": transformers.__version__,
            "tokenizers": tokenizers.__version__, "n": len(array),
        }
        self.manifest_path.write_text(json.dumps(self.manifest, indent=1) + "\n")


def do_texts(a, shared: pathlib.Path) -> None:
    model_folder = pathlib.Path(a.model)
    cache = Cache(pathlib.Path(a.cache) / model_folder.name)
    limits = json.loads((model_folder / "sentence_bert_config.json").read_text())
    load = lambda dtype: transformers.AutoModel.from_pretrained(
        model_folder, dtype=dtype, attn_implementation="eager").eval()
    model = load(torch.float32)
    double = load(torch.float64) if a.double else None
    wanted = [s for s in a.sets.split(",") if s]
    for name, texts in texts_of.text_sets(shared).items():
        if wanted and name not in wanted:
            continue
        digest = texts_of.digest(texts)
        encodings = encode_all(model_folder, texts, limits["max_seq_length"])
        save_ids(cache.folder / f"{name}.ids.npz", encodings)
        for suffix, m in (("npy", model), ("f64.npy", double)):
            if m is not None and not cache.is_fresh(f"{name}.{suffix}", digest):
                print(f"{name}.{suffix}: {len(texts)} texts", flush=True)
                cache.put(f"{name}.{suffix}", digest, embed(m, encodings))


def do_pairs(a, shared: pathlib.Path) -> None:
    model_folder = pathlib.Path(a.nli)
    cache = Cache(pathlib.Path(a.cache) / model_folder.name)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        model_folder, dtype=torch.float32, attn_implementation="eager").eval()
    for name, rows in texts_of.pair_sets(shared).items():
        pairs = [(r["premise"], r["hypothesis"]) for r in rows]
        digest = texts_of.digest(pairs)
        encodings = encode_all(model_folder, pairs, model.config.max_position_embeddings)
        save_ids(cache.folder / f"{name}.ids.npz", encodings)
        if not cache.is_fresh(f"{name}.logits.npy", digest):
            print(f"{name}.logits.npy: {len(pairs)} pairs", flush=True)
            cache.put(f"{name}.logits.npy", digest, classify(model, encodings))


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--model", required=True)
    ap.add_argument("--cache", required=True)
    ap.add_argument("--nli")
    ap.add_argument("--shared")
    ap.add_argument("--sets", default="")
    ap.add_argument("--double", action="store_true")
    ap.add_argument("--threads", type=int, default=1)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    shared = texts_of.shared_folder(a.shared)
    if a.nli:
        do_pairs(a, shared)
    do_texts(a, shared)


if __name__ == "__main__":
    main()
