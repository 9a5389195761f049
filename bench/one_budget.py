#!/usr/bin/env python3
"""Random traffic over models that do not fit into the budget together: refusals, and the resident set.

usage: one_budget.py QUERN MEMORY_MB SECONDS EMBEDDER,... CLASSIFIER,... GENERATOR,...   (names or paths; '-' for none)

Eight clients ask models at random; the resident set is read every 10 ms. Prints requests by status, a few refusals, the peak
(VmHWM) and whether it stayed within the budget; exit 1 if it did not. Needs nothing but Python.
"""
import collections
import http.client
import json
import random
import re
import subprocess
import sys
import threading
import time

CLIENTS = 8
WORDS = open(__file__, encoding="utf-8").read().split()


class Server:
    def __init__(self, quern: str, memory_mb: int) -> None:
        self.process = subprocess.Popen([quern, "serve", "--port", "0", "--memory", f"{memory_mb}MB"],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(re.search(r":(\d+)", self.process.stdout.readline().split("//")[-1]).group(1))
        self.peak_kb = 0
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self) -> None:
        while self.process.poll() is None:
            try:
                status = open(f"/proc/{self.process.pid}/status", encoding="utf-8").read()
                self.peak_kb = max(self.peak_kb, int(re.search(r"VmHWM:\s+(\d+)", status).group(1)))
            except (OSError, AttributeError):
                pass
            time.sleep(0.01)

    def post(self, path: str, body: dict):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            connection.request("POST", path, json.dumps(body))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


def text(rng: random.Random, most: int) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(3, most)))


def requests(rng: random.Random, models: list[tuple[str, str]]):
    while True:
        kind, model = rng.choice(models)
        if kind == "embed":
            inputs = [text(rng, 60) for _ in range(rng.randint(1, 8))]
            yield "/v1/embeddings", {"model": model, "input": inputs}
        elif kind == "classify":
            yield "/v1/classify", {"model": model, "input": [[text(rng, 40), text(rng, 20)]]}
        else:
            yield "/v1/completions", {"model": model, "prompt": text(rng, 40), "max_tokens": rng.randint(1, 24)}


def main() -> None:
    quern, memory_mb, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    models = [(kind, name) for kind, names in zip(("embed", "classify", "generate"), sys.argv[4:])
              for name in names.split(",") if name != "-"]
    server = Server(quern, memory_mb)
    counts, refusals, end = collections.Counter(), collections.Counter(), time.time() + seconds

    def client(seed: int) -> None:
        rng = random.Random(seed)
        for path, body in requests(rng, models):
            if time.time() > end:
                return
            status, answer = server.post(path, body)
            counts[body["model"].split("/")[-1], status] += 1
            if status != 200:
                refusals[answer[:160]] += 1

    threads = [threading.Thread(target=client, args=(i,)) for i in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.process.terminate()
    server.process.wait(60)
    for (model, status), n in sorted(counts.items()):
        print(f"{model:32} {status}  {n}")
    for answer, n in refusals.most_common(4):
        print(f"{n} x {answer}")
    is_within = server.peak_kb <= memory_mb << 10
    print(f"peak {server.peak_kb / 1024:.1f} of {memory_mb} MB: {'within' if is_within else 'ABOVE'} the budget")
    sys.exit(0 if is_within else 1)


if __name__ == "__main__":
    main()
