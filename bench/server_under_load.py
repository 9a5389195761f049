#!/usr/bin/env python3
"""The server under load, each measurement in turn with what it is held against.

usage: server_under_load.py --build build/release --model NAME [--precision int8] [--rounds 4] [--models A B ...]

rate      64 clients with single short texts over HTTP, and `quern embed` of such texts, taking turns: the
          machine's speed drifts, so that only neighbours can be compared. The ratio of each pair, and p50, p99.
cold      1,000 clients at once, each with the first request of its life, on a server without the model.
start     from the start of the process to its line "server listening", and its resident set 0.2 s later, with
          --models configured (default: the one).
Needs Linux and the programs quern and bench_http_clients of the build.
"""

import argparse
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request

WORDS = ("the river stone runs green house over quiet music train paper under light seven field "
         "winter").split()


class Server:
    def __init__(self, quern: str, args: list[str]):
        start = time.perf_counter()
        self.process = subprocess.Popen([quern, "serve", "--port", "0", *args], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        self.start_ms = (time.perf_counter() - start) * 1e3
        self.port = line.strip().rsplit(":", 1)[1]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait()

    def resident_mb(self) -> float:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def models(self) -> list:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/quern/models") as answer:
            return json.load(answer)["data"]


def write_texts(path: pathlib.Path, n: int) -> None:
    random.seed(3)
    with open(path, "w", encoding="utf-8") as out:
        for i in range(n):
            out.write(f"{i} " + " ".join(random.choice(WORDS) for _ in range(7)) + "\n")


def offline_rate(quern: str, a, texts: pathlib.Path, work: pathlib.Path) -> float:
    said = subprocess.run([quern, "embed", a.model, "--precision", a.precision, "--texts", texts,
                           "--out", work / "v.npy"], check=True, capture_output=True, text=True)
    return float(re.search(r": ([\d,]+) texts/s", said.stderr).group(1).replace(",", ""))


def clients(program: str, server: Server, a, *args: str) -> str:
    return subprocess.run([program, server.port, a.model, *args], check=True, capture_output=True,
                          text=True).stdout.strip()


def measure_rate(quern: str, program: str, a, work: pathlib.Path) -> None:
    texts = work / "texts.txt"
    write_texts(texts, 12000)
    ratios = []
    for _ in range(a.rounds):
        offline = offline_rate(quern, a, texts, work)
        with Server(quern, ["--model", a.model, "--precision", a.precision]) as server:
            clients(program, server, a, "--clients", "8", "--seconds", "0.5")
            line = clients(program, server, a, "--clients", "64", "--seconds", "4")
        ratios.append(float(re.search(r"([\d.]+)/s", line).group(1)) / offline)
        print(f"offline {offline:.0f}/s; {line}; ratio {ratios[-1]:.3f}", flush=True)
    print(f"ratio, median of {len(ratios)}: {statistics.median(ratios):.3f}")


def measure_cold(quern: str, program: str, a) -> None:
    with Server(quern, ["--lazy", "--precision", a.precision]) as server:
        print(clients(program, server, a, "--clients", "1000", "--once"))
        print("loads:", [m["loads"] for m in server.models()])


def measure_start(quern: str, a) -> None:
    configured = [arg for model in a.models or [a.model] for arg in ("--model", model)]
    for _ in range(5):
        with Server(quern, ["--lazy", *configured]) as server:
            time.sleep(0.2)
            print(f"{len(configured) // 2} models: listening after {server.start_ms:.1f} ms, "
                  f"resident {server.resident_mb():.1f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--model", required=True)
    parser.add_argument("--precision", default="int8")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--models", nargs="*", default=[])
    a = parser.parse_args()
    quern = os.path.join(a.build, "bin", "quern")
    program = os.path.join(a.build, "bench", "bench_http_clients")
    with tempfile.TemporaryDirectory() as folder:
        measure_rate(quern, program, a, pathlib.Path(folder))
    measure_cold(quern, program, a)
    measure_start(quern, a)


if __name__ == "__main__":
    main()
