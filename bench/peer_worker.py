#!/usr/bin/env python3
"""One other runtime, loaded once, that does a timed pass whenever side_by_side.py asks.

usage: peer_worker.py --peer NAME --precision P --model DIR --work DIR [--int8-onnx FILE]
                      [--openvino-int8 FILE.xml] [--threads N] [--max-tokens N]

Speaks JSON lines on stdin/stdout: {"op": "texts" | "tune" | "pass" | "single" | "vectors" | "rss"}.
Everything counts as in quern's own numbers: tokenisation, forward pass, pooling, norm; not loading.
Texts are sorted by length and padded to the longest of their batch; `tune` picks the batch and the
way to use the cores (all on one batch, or one stream per core) that suits this runtime best.
Needs: tokenizers, numpy, and the runtime asked for.
"""
import argparse
import json
import os
import pathlib
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import peer_runtimes

BATCHES = (4, 8, 16, 32, 64)


def padded(encodings: list) -> dict:
    longest = max(len(e.ids) for e in encodings)
    arrays = {k: np.zeros((len(encodings), longest), np.int64)
              for k in ("input_ids", "attention_mask", "token_type_ids")}
    for row, e in enumerate(encodings):
        arrays["input_ids"][row, :len(e.ids)] = e.ids
        arrays["attention_mask"][row, :len(e.ids)] = 1
    return arrays


def mean_pool(hidden: np.ndarray, mask: np.ndarray) -> np.ndarray:
    if mask.all():
        e = hidden.mean(axis=1)
    else:
        weights = (mask / mask.sum(axis=1, keepdims=True)).astype(np.float32)
        e = np.matmul(weights[:, None, :], hidden)[:, 0, :]
    return e / np.linalg.norm(e, axis=1, keepdims=True)


class Worker:
    def __init__(self, a):
        import tokenizers
        self.tokenizer = tokenizers.Tokenizer.from_file(str(pathlib.Path(a.model) / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(a.max_tokens)
        self.runtime = peer_runtimes.RUNTIMES[a.peer](a)
        self.batch, self.streams = 32, 1
        self.texts: list[str] = []

    def embed(self, texts: list[str]) -> tuple[np.ndarray, int]:
        """Vectors in the order of the texts, and how many tokens they had."""
        if hasattr(self.runtime, "embed_texts"):
            return self.runtime.embed_texts(texts, self.batch)
        encodings = self.tokenizer.encode_batch_fast(texts)
        order = sorted(range(len(texts)), key=lambda i: -len(encodings[i].ids))
        groups = [order[i:i + self.batch] for i in range(0, len(order), self.batch)]
        out = np.zeros((len(texts), self.runtime.d_model), np.float32)

        def one(group: list[int]) -> None:
            arrays = padded([encodings[i] for i in group])
            out[group] = mean_pool(self.runtime.forward(arrays), arrays["attention_mask"])

        if self.streams == 1:
            for group in groups:
                one(group)
        else:
            with ThreadPoolExecutor(self.streams) as pool:
                list(pool.map(one, groups))
        return out, sum(len(e.ids) for e in encodings)

    def timed(self, texts: list[str]) -> tuple[float, int]:
        started = time.perf_counter()
        _, n_tokens = self.embed(texts)
        return time.perf_counter() - started, n_tokens

    def op_texts(self, q: dict) -> dict:
        with open(q["file"], encoding="utf-8") as f:
            texts = [json.loads(line)["text"] for line in f]
        self.texts = [t for t in texts if t.strip()][:q["limit"]]
        n = [len(e.ids) for e in self.tokenizer.encode_batch_fast(self.texts)]
        return {"texts": len(self.texts), "tokens": sum(n)}

    def op_tune(self, q: dict) -> dict:
        """Every way over a quarter of the texts; the fastest is kept."""
        some = self.texts[::4]
        seen = {}
        for way in self.runtime.ways():
            try:
                self.runtime.use(**way)
            except RuntimeError:
                continue  # Not on this machine: bf16 held to AVX2, for one.
            self.streams = way.get("streams", 1)
            for self.batch in q.get("batches") or BATCHES:
                self.embed(some[:2 * self.batch])
                seconds, n_tokens = self.timed(some)
                seen[json.dumps({**way, "batch": self.batch})] = round(n_tokens / seconds)
        best = json.loads(max(seen, key=seen.get))
        self.batch = best.pop("batch")
        self.runtime.use(**best)
        self.streams = best.get("streams", 1)
        self.embed(self.texts)
        return {"way": {**best, "batch": self.batch}, "tried": seen}

    def op_pass(self, _: dict) -> dict:
        self.embed(self.texts[:self.batch])  # Wakes the threads after a pause.
        seconds, n_tokens = self.timed(self.texts)
        return {"seconds": seconds, "tokens": n_tokens, "tokens_per_s": n_tokens / seconds}

    def op_single(self, q: dict) -> dict:
        """One short text at a time, all cores on it; medians over the file."""
        with open(q["file"], encoding="utf-8") as f:
            texts = [json.loads(line)["text"] for line in f]
        kept = self.runtime.way, self.batch, self.streams
        if kept[2] != 1:
            self.runtime.use(**{**self.runtime.way, "streams": 1})
        self.batch, self.streams = 1, 1
        for t in texts[:20]:
            self.embed([t])
        ms = [1000 * self.timed([t])[0] for t in texts]
        if kept[2] != 1:
            self.runtime.use(**kept[0])
        self.batch, self.streams = kept[1], kept[2]
        return {"p50_ms": float(np.percentile(ms, 50)), "p99_ms": float(np.percentile(ms, 99))}

    def op_vectors(self, q: dict) -> dict:
        np.save(q["out"], self.embed(self.texts)[0])
        return {"out": q["out"]}

    def op_rss(self, _: dict) -> dict:
        status = pathlib.Path("/proc/self/status").read_text()
        kb = {k: int(v.split()[0]) for k, v in
              (line.split(":", 1) for line in status.splitlines() if line.startswith("Vm"))}
        return {"rss_mb": kb["VmRSS"] / 1024, "peak_rss_mb": kb["VmHWM"] / 1024}


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--peer", required=True, choices=sorted(peer_runtimes.RUNTIMES))
    ap.add_argument("--precision", required=True)
    ap.add_argument("--model", required=True)
    ap.add_argument("--work", required=True)
    ap.add_argument("--int8-onnx", default="")
    ap.add_argument("--openvino-int8", default="")
    ap.add_argument("--threads", type=int, default=os.cpu_count())
    ap.add_argument("--max-tokens", type=int, default=256)
    a = ap.parse_args()
    answers = os.fdopen(os.dup(1), "w")  # Libraries print to stdout; they get stderr instead.
    os.dup2(2, 1)

    def answer(body: dict) -> None:
        answers.write(json.dumps(body) + "\n")
        answers.flush()

    try:
        worker = Worker(a)
        answer({"ready": True, **worker.runtime.about()})
    except Exception as e:  # A runtime that is not here must not hide the others.
        answer({"error": f"{type(e).__name__}: {e}"[:500]})
        return
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer(getattr(worker, f"op_{question['op']}")(question))
        except Exception as e:
            answer({"error": f"{type(e).__name__}: {e}"[:500]})


if __name__ == "__main__":
    main()
