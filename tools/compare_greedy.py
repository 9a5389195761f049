#!/usr/bin/env python3
"""Greedy continuations of one GGUF file by quern and by llama.cpp, text against text.

usage: compare_greedy.py --quern BUILD/bin/quern GGUF [--tokens 200] [--prompts FILE]

The default prompts suit stories260K. Exit status 1 when any text differs.
Needs: pip install llama-cpp-python
"""
import argparse, subprocess, sys

PROMPTS = ["Once upon a time", "Lily and Tom went to the", "The little dog", "One day, a boy named Ben",
           "In the garden there was", "\"Mom, can I", "She was very", "They lived happily", "A big red",
           "The bird said"]


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--quern", required=True)
    ap.add_argument("--tokens", type=int, default=200)
    ap.add_argument("--prompts")
    ap.add_argument("gguf")
    a = ap.parse_args()
    from llama_cpp import Llama

    prompts = open(a.prompts).read().splitlines() if a.prompts else PROMPTS
    m = Llama(a.gguf, n_ctx=2048, verbose=False)
    n_different = 0
    for prompt in prompts:
        want = m.create_completion(prompt, max_tokens=a.tokens, temperature=0)["choices"][0]["text"]
        got = subprocess.run([a.quern, "generate", a.gguf, prompt, "--max-tokens", str(a.tokens),
                              "--temperature", "0", "--quiet"], check=True, capture_output=True).stdout.decode()
        same = got == want
        n_different += not same
        at = next((i for i, (x, y) in enumerate(zip(got, want)) if x != y), min(len(got), len(want)))
        print("same" if same else f"DIFFERS at {at}: {got[at:at + 40]!r} / {want[at:at + 40]!r}", len(want), repr(prompt))
    print(f"{len(prompts) - n_different} of {len(prompts)} equal")
    sys.exit(n_different > 0)


if __name__ == "__main__":
    main()
