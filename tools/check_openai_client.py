#!/usr/bin/env python3
"""Drives a running quern server with the official openai client and checks every answer.

usage: check_openai_client.py [--url http://127.0.0.1:8090] [--model NAME] [--key KEY]
                              [--clients 64] [--seconds 30] [--pid PID]

First one client through every kind of request, then many at once for some time. Prints latencies;
with --pid also the server's resident memory before and after. Exit 1 on the first wrong answer.
Needs the Python packages openai and numpy.
"""
import argparse
import base64
import sys
import threading
import time

try:
    import httpx
except ModuleNotFoundError:  # openai 3 brings its successor.
    import httpx2 as httpx
import numpy as np
import openai

TEXTS = ["the cat sat on the mat", "a dog ran", "", " ", "h\u00e9llo w\u00f6rld", "\U0001f600 emoji",
         "\u05e9\u05dc\u05d5\u05dd", "word " * 2000, "nul \x00 inside", "tab\tand\nnewline"]


def check(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def expect_error(kind, param, call) -> openai.APIStatusError:
    try:
        call()
    except kind as error:
        check(error.param == param, f"param is {error.param!r}, want {param!r}: {error}")
        return error
    raise AssertionError(f"no {kind.__name__}")


def floats(client, model, texts, **options) -> np.ndarray:
    made = client.embeddings.create(model=model, input=texts, encoding_format="float", **options)
    check([d.index for d in made.data] == list(range(len(made.data))), "order of the answers")
    return np.array([d.embedding for d in made.data], dtype=np.float32)


def check_inputs(client, model) -> None:
    lists = floats(client, model, TEXTS)
    check(lists.shape[0] == len(TEXTS), "one answer per input")
    check(np.isfinite(lists).all(), "finite numbers")
    check(np.abs(np.linalg.norm(lists, axis=1) - 1).max() < 1e-4, "unit length")
    default = client.embeddings.create(model=model, input=TEXTS)  # The client asks for base64.
    decoded = np.array([d.embedding for d in default.data], dtype=np.float32)
    check((decoded == lists).all(), "base64 holds the same bits as float")
    check(default.usage.prompt_tokens == default.usage.total_tokens > len(TEXTS), "usage")
    check(default.model == model and default.object == "list", "names in the answer")
    raw = client.embeddings.create(model=model, input="x", encoding_format="base64")
    check(len(base64.b64decode(raw.data[0].embedding)) == 4 * lists.shape[1], "base64 length")
    alone = np.concatenate([floats(client, model, text) for text in TEXTS])
    check((alone == lists).all(), "alone and in a batch: equal bits")


def check_ids_and_dimensions(client, model) -> None:
    ids = floats(client, model, [2023, 2003])
    both = floats(client, model, [[2023, 2003], [2023]])
    check((both[0] == ids[0]).all() and both.shape[0] == 2, "lists of token ids")
    whole = floats(client, model, "the cat")[0]
    cut = floats(client, model, "the cat", dimensions=64)[0]
    want = whole[:64] / np.linalg.norm(whole[:64])
    check(cut.shape == (64,) and np.abs(cut - want).max() < 1e-6, "dimensions: slice, renormalise")
    many = floats(client, model, [f"text {i}" for i in range(2048)])
    check((many[77] == floats(client, model, "text 77")[0]).all(), "2048 inputs")


def check_errors(client, model) -> None:
    create = client.embeddings.create
    error = expect_error(openai.NotFoundError, "model",
                         lambda: create(model=model[:-1] + "_", input="x"))
    check(error.code == "model_not_found", "code of an unknown model")
    expect_error(openai.NotFoundError, "model", lambda: create(model="/etc", input="x"))
    expect_error(openai.BadRequestError, "input", lambda: create(model=model, input=[]))
    expect_error(openai.BadRequestError, "input", lambda: create(model=model, input=["a", 3]))
    expect_error(openai.BadRequestError, "input", lambda: create(model=model, input=[10**8]))
    expect_error(openai.BadRequestError, "input", lambda: create(model=model, input=["a"] * 2049))
    for wrong in (0, -1, 1.5, 10**6, "8"):
        expect_error(openai.BadRequestError, "dimensions",
                     lambda w=wrong: create(model=model, input="x", dimensions=w))
    expect_error(openai.BadRequestError, "encoding_format",
                 lambda: create(model=model, input="x", encoding_format="hex"))
    expect_error(openai.BadRequestError, "input",
                 lambda: create(model=model, input="word " * 5000,
                                extra_body={"truncation": "refuse"}))
    try:
        create(model=model, input="x" * (40 << 20))
        raise AssertionError("40 MB were taken")
    except openai.APIStatusError as error:
        check(error.status_code == 413, f"40 MB: {error.status_code}")
    check(model in [m.id for m in client.models.list().data], "the model is listed")
    check(client.models.retrieve(model).id == model, "the model is found")


class Crowd:
    """Clients that ask for texts of a known answer until the time is over."""

    def __init__(self, args, want: dict):
        self.args, self.want = args, want
        self.texts = list(want)
        self.seconds: list[float] = []
        self.n_texts = 0
        self.problems: list[str] = []
        self.lock = threading.Lock()
        self.end = time.monotonic() + args.seconds

    def run_one(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        client = make_client(self.args)
        while time.monotonic() < self.end and not self.problems:
            texts = [self.texts[i] for i in random.integers(0, len(self.texts), random.integers(1, 9))]
            begun = time.monotonic()
            try:
                made = client.embeddings.create(model=self.args.model, input=texts)
                took = time.monotonic() - begun
                got = [np.array(d.embedding, dtype=np.float32) for d in made.data]
                check(len(got) == len(texts), "number of answers")
                for text, vector in zip(texts, got):
                    check((vector == self.want[text]).all(), f"vector of {text[:20]!r}")
            except Exception as error:  # pylint: disable=broad-except
                self.problems.append(f"client {seed}: {type(error).__name__}: {error}")
                return
            with self.lock:
                self.seconds.append(took)
                self.n_texts += len(texts)

    def run(self) -> None:
        threads = [threading.Thread(target=self.run_one, args=(i,)) for i in range(self.args.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(not self.problems, "; ".join(self.problems[:3]))
        ms = np.array(self.seconds) * 1e3
        print(f"{self.args.clients} clients, {self.args.seconds} s: {len(ms)} requests, "
              f"{self.n_texts} texts ({self.n_texts / self.args.seconds:.0f}/s), ms p50 "
              f"{np.percentile(ms, 50):.0f} p95 {np.percentile(ms, 95):.0f} p99 "
              f"{np.percentile(ms, 99):.0f} max {ms.max():.0f}; no error")


def make_client(args) -> openai.OpenAI:
    return openai.OpenAI(base_url=args.url + "/v1", api_key=args.key, max_retries=0, timeout=120)


def resident_mb(pid: int) -> float:
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--url", default="http://127.0.0.1:8090")
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    parser.add_argument("--key", default="none")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--pid", type=int, default=0)
    args = parser.parse_args()
    client = make_client(args)
    for part in (check_inputs, check_ids_and_dimensions, check_errors):
        part(client, args.model)
        print(f"{part.__name__}: right", flush=True)
    texts = [f"passage {i}: " + "some words of text " * (i % 12) for i in range(64)]
    want = dict(zip(texts, floats(client, args.model, texts)))
    before = resident_mb(args.pid) if args.pid else 0
    Crowd(args, want).run()
    if args.pid:
        print(f"resident: {before:.0f} MB before, {resident_mb(args.pid):.0f} MB after")
    health = httpx.get(args.url + "/health")
    check(health.json()["status"] == "ok", "health at the end")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AssertionError as wrong:
        print(f"wrong: {wrong}", file=sys.stderr)
        sys.exit(1)
