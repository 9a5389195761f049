#!/usr/bin/env python3
"""Every measurement of docs/performance.md, one after another, into bench/results.

usage: measure_all.py --model DIR --texts CRANFIELD.jsonl --work DIR [--build build/release]
                      [--gguf FILE]... [--steps NAME,...] [--rounds 5] [--list]

model   all-MiniLM-L6-v2 (its tokenizer serves the random models of larger shapes, too)
gguf    generators to run beside llama.cpp; without any that step is left out
work    exported peer models and the random models: some 5 GB, kept for the next time
Each step is one command; --list shows them. Run on a machine that does nothing else.
Needs: what the peers of peer_runtimes.py need.
"""
import argparse
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
RESULTS = HERE / "results"
PYTHON = sys.executable


# sentence-transformers is torch behind a slower front: seen once, with the small model.
LARGE = ("--peers", "openvino,onnxruntime,ctranslate2,torch", "--rounds", "3")


def side_by_side(a, name: str, model: str, *more: str) -> list[str]:
    return [PYTHON, str(HERE / "side_by_side.py"), "--quern", f"{a.build}/bin/quern", "--model", model,
            "--texts", a.texts, "--work", f"{a.work}/{pathlib.Path(model).name}", "--rounds",
            str(a.rounds), "--precisions", "f32,bf16,int8", "--out", str(RESULTS / f"{name}.json"),
            *more]


def random_model(a, shape: str) -> tuple[str, list[str]]:
    folder = f"{a.work}/random-{shape}"
    return folder, [PYTHON, str(HERE.parent / "tools/make_random_bert.py"), "--shape", shape,
                    "--tokenizer", a.model, "--out", folder]


def steps(a) -> dict[str, list[tuple[list[str], str]]]:
    """Commands by step, each with the file its standard output goes to ("" for none)."""
    queries = f"{a.work}/queries12.jsonl"
    base, make_base = random_model(a, "bge-base")
    large, make_large = random_model(a, "bge-large")
    encoder = f"{a.build}/bench/bench_encoder"
    every = {
        "minilm": [([PYTHON, str(HERE / "make_queries.py"), "--model", a.model, "--out", queries], ""),
                   (side_by_side(a, "side_by_side", a.model, "--single", queries), "")],
        "avx2": [(side_by_side(a, "side_by_side_avx2", a.model, "--isa", "avx2"), "")],
        "bge-base": [(make_base, ""),
                     (side_by_side(a, "side_by_side_bge_base", base, "--limit", "64", *LARGE), "")],
        "bge-large": [(make_large, ""),
                      (side_by_side(a, "side_by_side_bge_large", large, "--limit", "24", *LARGE), "")],
        "encoder": [([encoder, a.model, "--precision", p, "--repeats", "5"],
                     str(RESULTS / f"encoder_{p}.jsonl")) for p in ("f32", "bf16", "int8")]
                   + [([encoder, a.model, "--precision", p, "--mixed", "--lengths", "64,128",
                        "--batches", "64"], str(RESULTS / f"ragged_{p}.jsonl"))
                      for p in ("f32", "bf16", "int8")]
                   + [([PYTHON, str(HERE / "plot_encoder.py"), "--out",
                        str(HERE.parent / "docs/encoder.svg"),
                        *(str(RESULTS / f"encoder_{p}.jsonl") for p in ("f32", "bf16", "int8"))],
                       "")],
        "kernels": [([f"{a.build}/bench/bench_kernels", "--every-isa", "--rows", "96,2048"],
                     str(RESULTS / "kernels.jsonl")),
                    ([f"{a.build}/bench/bench_kernels", "--kinds", "matmul", "--ops", "ff_in",
                      "--activation", "gelu", "--rows", "96,2048"],
                     str(RESULTS / "kernels_gelu.jsonl"))],
        "startup": [([PYTHON, str(HERE / "startup.py"), "--quern", f"{a.build}/bin/quern", "--model",
                      a.model, "--cranfield", a.texts, "--precision", "int8", "--out",
                      str(RESULTS / "startup.json")], "")],
    }
    if a.gguf:
        every["generate"] = [([PYTHON, str(HERE / "generate_side_by_side.py"), "--quern",
                               f"{a.build}/bin/quern", "--rounds", str(a.rounds), "--tests",
                               "pp128,pp512,tg64", "--out",
                               str(RESULTS / "generate_side_by_side.json"), *a.gguf], "")]
    return every


def run(command: list[str], out: str) -> None:
    print("$ " + " ".join(command) + (f" > {out}" if out else ""), flush=True)
    started = time.monotonic()
    if out:
        with open(out, "w", encoding="utf-8") as f:
            done = subprocess.run(command, stdout=f, check=False)
    else:
        done = subprocess.run(command, check=False)
    if done.returncode != 0:
        raise SystemExit(f"exit {done.returncode}")
    print(f"  {time.monotonic() - started:.0f} s", flush=True)


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--model", required=True)
    ap.add_argument("--texts", required=True)
    ap.add_argument("--work", required=True)
    ap.add_argument("--gguf", action="append", default=[])
    ap.add_argument("--build", default=str(HERE.parent / "build/release"))
    ap.add_argument("--steps", default="")
    ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--list", action="store_true")
    a = ap.parse_args()
    every = steps(a)
    wanted = a.steps.split(",") if a.steps else list(every)
    for name in wanted:
        if name not in every:
            raise SystemExit(f"no step '{name}', there are {', '.join(every)}")
    pathlib.Path(a.work).mkdir(parents=True, exist_ok=True)
    for name in wanted:
        print(f"== {name}", flush=True)
        for command, out in every[name]:
            if a.list:
                print(" ".join(command) + (f" > {out}" if out else ""))
            elif "make_random_bert.py" in " ".join(command) and pathlib.Path(command[-1]).exists():
                print(f"{command[-1]} is there", flush=True)
            else:
                run(command, out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
