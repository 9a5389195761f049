#!/usr/bin/env python3
"""Perplexity of one GGUF file in quern and in llama.cpp, on the same tokens in the same windows.

usage: perplexity.py --quern BUILD/bench/bench_perplexity --text FILE GGUF [GGUF ...]

Windows of 512 tokens, the second half of each predicted. Prints a line per file and the ratio.
Needs: pip install llama-cpp-python
"""
import argparse, json, subprocess

import numpy as np


def llama(gguf, text, n_tokens, context):
    from llama_cpp import Llama

    m = Llama(gguf, n_ctx=context, n_batch=context, logits_all=True, verbose=False)
    raw = open(text, "rb").read(n_tokens * 8)
    ids = m.tokenize(raw, add_bos=False, special=False)[:n_tokens]
    bos = m.tokenize(b"", add_bos=True)
    loss, n = 0.0, 0
    for start in range(0, len(ids) - context + 1, context):
        window = list(ids[start:start + context])
        window[:len(bos)] = bos
        m.reset()
        m.eval(window)
        logits = np.asarray(m.scores[:context], dtype=np.float64)
        rows = logits[context // 2:context - 1]
        top = rows.max(axis=1)
        log_sum = top + np.log(np.exp(rows - top[:, None]).sum(axis=1))
        loss += float((log_sum - rows[np.arange(len(rows)), window[context // 2 + 1:]]).sum())
        n += len(rows)
    return {"tokens": len(ids), "predicted": n, "perplexity": float(np.exp(loss / n))}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--quern", required=True)
    ap.add_argument("--text", required=True)
    ap.add_argument("--tokens", type=int, default=20000)
    ap.add_argument("--context", type=int, default=512)
    ap.add_argument("gguf", nargs="+")
    a = ap.parse_args()
    for gguf in a.gguf:
        ours = json.loads(subprocess.run(
            [a.quern, gguf, a.text, "--tokens", str(a.tokens), "--context", str(a.context)],
            check=True, capture_output=True, text=True).stdout)
        theirs = llama(gguf, a.text, a.tokens, a.context)
        print(json.dumps({"gguf": gguf.split("/")[-1], "quern": ours["perplexity"],
                          "llama.cpp": round(theirs["perplexity"], 6),
                          "predicted": [ours["predicted"], theirs["predicted"]],
                          "difference_percent": round(
                              100 * (ours["perplexity"] / theirs["perplexity"] - 1), 3)}), flush=True)


if __name__ == "__main__":
    main()
