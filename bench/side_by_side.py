#!/usr/bin/env python3
"""quern and other runtimes on the same texts, taking turns, and their ratios with the spread.

usage: side_by_side.py --quern FILE --model DIR --texts FILE.jsonl --work DIR
                       [--limit 256] [--max-tokens 256] [--rounds 7] [--precisions f32,bf16,int8]
                       [--peers NAME,NAME:PRECISION...] [--isa avx2] [--single FILE.jsonl]
                       [--int8-onnx FILE] [--openvino-int8 FILE.xml] [--threads N]
                       [--out FILE.json]
       side_by_side.py ... --quern ""      the peers alone

Every peer is loaded once in a process of its own, tuned (batch, streams), then stopped (SIGSTOP)
except while it is its turn. Each round runs everyone once, in an order that turns and reverses from
round to round; a ratio is taken within one round. --single adds the median latency of one text
at a time (bar: 12-token queries; see make_queries.py). --isa avx2 holds all to AVX2: peers that cannot
be held are left out. WORK keeps the exported models; use another folder for another model.
"""
import argparse
import ctypes
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np

import measure
import peer_runtimes

HERE = pathlib.Path(__file__).resolve().parent
SETTLE_S = 0.3  # Lets spinning threads of the last one fall asleep, and caches be claimed anew.


def die_with_parent() -> None:
    """A stopped worker must not outlive us, however we end."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Peer:
    """A peer_worker.py process that is stopped unless it is asked something."""

    def __init__(self, a, name: str, precision: str, env: dict):
        self.name, self.precision = name, precision
        self.label = f"{name}/{precision}"
        command = [sys.executable, str(HERE / "peer_worker.py"), "--peer", name, "--precision",
                   precision, "--model", a.model, "--work", a.work, "--threads", str(a.threads),
                   "--max-tokens", str(a.max_tokens), "--int8-onnx", a.int8_onnx,
                   "--openvino-int8", a.openvino_int8]
        log = open(os.path.join(a.work, f"{name}-{precision}.log"), "w", encoding="utf-8")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=log, text=True, env={**os.environ, **env},
                                        preexec_fn=die_with_parent)
        self.about = self.read()
        self.stop()

    def read(self) -> dict:
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": "the worker died, see its log"}

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)

    def ask(self, op: str, **arguments) -> dict:
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(json.dumps({"op": op, **arguments}) + "\n")
        self.process.stdin.flush()
        answer = self.read()
        self.stop()
        if "error" in answer:
            raise RuntimeError(f"{self.label}: {answer['error']}")
        return answer

    def throughput(self) -> float:
        return self.ask("pass")["tokens_per_s"]

    def single(self, file: str) -> float:
        return self.ask("single", file=file)["p50_ms"]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
        self.process.wait()


class Quern:
    def __init__(self, a, precision: str, env: dict):
        self.precision, self.label, self.env = precision, f"quern/{precision}", env
        self.command = [a.quern, "bench", "embed", a.model, "--precision", precision, "--threads",
                        str(a.threads), "--max-tokens", str(a.max_tokens), "--json"]
        self.texts, self.limit, self.last = a.texts, a.limit, {}

    def bench(self, *arguments: str) -> dict:
        return measure.quern_json(self.command + list(arguments), self.env)

    def throughput(self) -> float:
        self.last = self.bench("--texts", self.texts, "--limit", str(self.limit), "--repeat", "1",
                               "--singles", "1")
        return self.last["tokens_per_s"]

    def single(self, file: str) -> float:
        with open(file, encoding="utf-8") as f:
            n_texts = sum(1 for _ in f)
        return self.bench("--texts", file, "--repeat", "1", "--singles", str(n_texts))["p50_ms"]


def wanted_peers(a) -> list[tuple[str, str]]:
    out = []
    for item in a.peers.split(",") if a.peers else peer_runtimes.CAN:
        name, _, precision = item.partition(":")
        for p in [precision] if precision else peer_runtimes.CAN[name]:
            if p == "int8-nncf" and not a.openvino_int8:
                continue  # Needs a file that make_openvino_int8.py writes.
            if a.isa == "avx2" and name not in peer_runtimes.HELD_TO_AVX2:
                print(f"{name}/{p}: left out, nothing holds it to AVX2")
            else:
                out.append((name, p))
    return out


def open_peers(a) -> list[Peer]:
    peers = []
    for name, precision in wanted_peers(a):
        env = peer_runtimes.HELD_TO_AVX2[name] if a.isa == "avx2" else {}
        peer = Peer(a, name, precision, {"OMP_NUM_THREADS": str(a.threads), **env})
        try:
            if "error" in peer.about:
                raise RuntimeError(f"{peer.label}: {peer.about['error']}")
            peer.about |= peer.ask("texts", file=a.texts, limit=a.limit)
            peer.about |= peer.ask("tune", batches=a.batches)
            print(f"{peer.label}: {peer.about['way']}", flush=True)
            peers.append(peer)
        except (RuntimeError, BrokenPipeError) as e:
            print(f"not here: {e}", flush=True)
            peer.close()
    return peers


def agree(peers: list[Peer], work: str) -> None:
    """Cosine of every peer's vectors to those of the first f32 one: all do the same work."""
    vectors = {}
    for p in peers:
        vectors[p.label] = np.load(p.ask("vectors", out=os.path.join(work, "vectors.npy"))["out"])
    exact = next((v for k, v in vectors.items() if k.endswith("f32")), None)
    for p in peers:
        if exact is not None:
            cosines = (vectors[p.label] * exact).sum(axis=1)
            p.about |= {"cosine_mean": float(cosines.mean()), "cosine_min": float(cosines.min())}
            print(f"{p.label}: cosine to f32 mean {cosines.mean():.5f} min {cosines.min():.5f}")


def take_turns(contestants: list, rounds: int, call, what: str) -> dict[str, list[float]]:
    seen: dict[str, list[float]] = {c.label: [] for c in contestants}
    for r in range(rounds):
        k = r % max(1, len(contestants))
        order = contestants[k:] + contestants[:k]
        for c in order if r % 2 == 0 else order[::-1]:
            time.sleep(SETTLE_S)
            seen[c.label].append(call(c))
        line = "  ".join(f"{k} {v[-1]:.0f}" if v[-1] >= 100 else f"{k} {v[-1]:.2f}"
                         for k, v in seen.items())
        print(f"{what} round {r + 1}/{rounds}: {line}", flush=True)
    return seen


def check_same_work(quern: list[Quern], peers: list[Peer]) -> None:
    counts = {q.label: q.last["tokens"] for q in quern} | {p.label: p.about["tokens"] for p in peers}
    if len(set(counts.values())) > 1:
        raise SystemExit(f"not the same work, tokens were {counts}")


def best_peer(seen: dict, peers: list[Peer], precision: str | None, better: str) -> str | None:
    labels = [p.label for p in peers if precision is None or p.precision == precision]
    pick = max if better == "higher" else min
    return pick(labels, key=lambda k: np.median(seen[k])) if labels else None


def ratio_rows(seen: dict, quern: list, peers: list[Peer], what: str, better: str) -> list[dict]:
    """Above 1 quern is the better one, for rates and for latencies alike."""
    out = []
    for q in quern:
        for precision, name in ((q.precision, f"best {q.precision} peer"), (None, "best peer")):
            best = best_peer(seen, peers, precision, better)
            if best is None:
                continue
            pairs = zip(seen[q.label], seen[best])
            values = [a / b if better == "higher" else b / a for a, b in pairs]
            out.append(measure.row(f"{what} ratio {q.label} over {name}", "x", "higher", values)
                       | {"peer": best})
    return out


def show(rows: list[dict]) -> None:
    for r in rows:
        digits = 0 if r["median"] >= 1000 else 3
        peer = f"  ({r['peer']})" if "peer" in r else ""
        print(f"{r['name']:<52} {r['median']:>10.{digits}f} {r['unit']:<9} "
              f"[{r['min']:.{digits}f} .. {r['max']:.{digits}f}]{peer}")


def run(a) -> list[dict]:
    env = {"QUERN_ISA": a.isa} if a.isa else {}
    quern = [Quern(a, p, env) for p in a.precisions.split(",") if p] if a.quern else []
    peers = open_peers(a)
    rows: list[dict] = []
    try:
        agree(peers, a.work)
        everyone = quern + peers
        seen = take_turns(everyone, a.rounds, lambda c: c.throughput(), "tokens/s")
        check_same_work(quern, peers)
        rows += [measure.row(f"tokens/s {k}", "tokens/s", "higher", v) for k, v in seen.items()]
        rows += ratio_rows(seen, quern, peers, "tokens/s", "higher")
        if a.single:
            seen = take_turns(everyone, a.rounds, lambda c: c.single(a.single), "single p50 ms")
            rows += [measure.row(f"single p50 {k}", "ms", "lower", v) for k, v in seen.items()]
            rows += ratio_rows(seen, quern, peers, "single p50", "lower")
        rows += [measure.row(f"peak rss {p.label}", "MB", "lower", [p.ask("rss")["peak_rss_mb"]])
                 for p in peers]
        rows += [measure.row(f"peak rss {q.label}", "MB", "lower", [q.last["peak_rss_mb"]])
                 for q in quern]
    finally:
        for p in peers:
            p.close()
    show(rows)
    a.about = {p.label: p.about for p in peers} | {q.label: {k: v for k, v in q.last.items() if k != "model"} for q in quern}
    return rows


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--quern", required=True)
    ap.add_argument("--model", required=True)
    ap.add_argument("--texts", required=True)
    ap.add_argument("--work", required=True)
    ap.add_argument("--limit", type=int, default=256)
    ap.add_argument("--max-tokens", type=int, default=256)
    ap.add_argument("--rounds", type=int, default=7)
    ap.add_argument("--precisions", default="f32")
    ap.add_argument("--peers", default="")
    ap.add_argument("--batches", type=lambda s: [int(x) for x in s.split(",")], default=None,
                    help="batch sizes a peer may choose from (4,8,16,32,64)")
    ap.add_argument("--isa", default="", choices=["", "avx2"])
    ap.add_argument("--single", default="")
    ap.add_argument("--int8-onnx", default="")
    ap.add_argument("--openvino-int8", default="", help="from make_openvino_int8.py")
    ap.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    ap.add_argument("--out", default="")
    a = ap.parse_args()
    os.makedirs(a.work, exist_ok=True)
    before = measure.others_share()
    if before > 0.05:
        print(f"warning: {100 * before:.0f} % of the cores are busy with something else")
    ticks = measure.cpu_ticks()
    rows = run(a)
    spent = {k: v - ticks[k] for k, v in measure.cpu_ticks().items()}
    if a.out:
        files = ("model", "texts", "single", "int8_onnx", "openvino_int8")
        settings = {k: v for k, v in vars(a).items()
                    if k not in ("about", "quern", "work", "out", *files)}
        settings |= {k: pathlib.Path(getattr(a, k)).name for k in files}
        settings |= {"busy_before": round(before, 3),
                     "steal": round(spent["steal"] / max(1, sum(spent.values())), 4)}
        measure.write_results(a.out, "side_by_side", settings, rows, contestants=a.about)
    return 0


if __name__ == "__main__":
    sys.exit(main())
