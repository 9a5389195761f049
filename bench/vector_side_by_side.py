#!/usr/bin/env python3
"""The exact scan of vectors beside FAISS (flat f32 and 8 bit) and NumPy, in one run.

usage: vector_side_by_side.py BENCH_VECTOR_SCAN [--n 1000000] [--d 384] [--top 10] [--rounds 3]

Needs `pip install faiss-cpu numpy`. The same vectors (a falling spectrum, normalised) and the same 64
queries for all, one query at a time and eight together, one thread and all; rounds take turns, the
median of all their searches counts. Recall is that of the true neighbours in f64, ours by the rows
that --ids writes. Prints the table and the three bars of the issue.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--d", type=int, default=384)
    parser.add_argument("--top", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


OPTIONS = parse()
N_QUERIES = 64
N_TIMED = 16  # Searches of a round.

import faiss  # noqa: E402  (after --help)
import numpy as np  # noqa: E402

try:
    from threadpoolctl import threadpool_limits
except ImportError:
    threadpool_limits = None


def vectors(n, seed):
    """Rows of a falling spectrum, as bench/vector_scan.cpp makes them up, normalised."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((n, OPTIONS.d), dtype=np.float32)
    x /= np.sqrt(1 + np.arange(OPTIONS.d, dtype=np.float32))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x


def timed(search, n_together):
    """Milliseconds of each search for n_together queries."""
    spent = []
    for i in range(N_TIMED):
        start = i * n_together % (N_QUERIES - n_together + 1)
        began = time.perf_counter()
        search(start, start + n_together)
        spent.append((time.perf_counter() - began) * 1e3)
    return spent


class Faiss:
    def __init__(self, name, index, base, queries):
        self.name, self.index, self.queries = name, index, queries
        index.train(base)
        index.add(base)

    def search(self, start, end):
        return self.index.search(self.queries[start:end], OPTIONS.top)[1]


class NumPy:
    name = "numpy f32"

    def __init__(self, base, queries):
        self.base, self.queries = base, queries

    def search(self, start, end):
        scores = self.queries[start:end] @ self.base.T
        best = np.argpartition(-scores, OPTIONS.top, axis=1)[:, :OPTIONS.top]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1)
        return np.take_along_axis(best, order, axis=1)


def run_peer(peer, n_threads, n_together):
    faiss.omp_set_num_threads(n_threads)
    if threadpool_limits is None:
        return timed(peer.search, n_together)
    with threadpool_limits(n_threads):
        return timed(peer.search, n_together)


def run_ours(folder):
    """The lines of the program, and the rows it found."""
    command = [OPTIONS.program, "--vectors", folder / "base.f32", "--queries", folder / "queries.f32",
               "--d", OPTIONS.d, "--top", OPTIONS.top, "--ids", folder / "ids"]
    out = subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout
    lines = [line for line in map(json.loads, out.splitlines()) if line["what"] == "scan"]
    best = lines[-1]["isa"]
    return [line for line in lines if line["isa"] == best], np.loadtxt(folder / "ids", dtype=np.int64)


def recall(found, true):
    return float(np.mean([len(set(f) & set(t)) / OPTIONS.top for f, t in zip(found, true)]))


def main():
    base, queries = vectors(OPTIONS.n, 1), vectors(N_QUERIES, 2)
    exact = np.zeros((N_QUERIES, OPTIONS.n))
    for start in range(0, OPTIONS.n, 50_000):
        part = base[start:start + 50_000].astype(np.float64)
        exact[:, start:start + 50_000] = queries.astype(np.float64) @ part.T
    true = np.argsort(-exact, axis=1)[:, :OPTIONS.top]
    del exact

    scalar = faiss.ScalarQuantizer
    inner = faiss.METRIC_INNER_PRODUCT
    peers = [
        Faiss("faiss flat f32", faiss.IndexFlatIP(OPTIONS.d), base, queries),
        Faiss("faiss 8bit", faiss.IndexScalarQuantizer(OPTIONS.d, scalar.QT_8bit, inner), base, queries),
        Faiss("faiss 8bit uniform",
              faiss.IndexScalarQuantizer(OPTIONS.d, scalar.QT_8bit_uniform, inner), base, queries),
        NumPy(base, queries),
    ]
    n_cores = os.cpu_count()
    cases = [(t, q) for t in sorted({1, n_cores}) for q in (1, 8)]
    spent = {(p.name, *case): [] for p in peers for case in cases}
    recalls = {p.name: recall(np.vstack([p.search(i, i + 8) for i in range(0, N_QUERIES, 8)]), true)
               for p in peers}
    ours = {case: [] for case in cases}
    shares = {case: [] for case in cases}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        base.tofile(folder / "base.f32")
        queries.tofile(folder / "queries.f32")
        for _ in range(OPTIONS.rounds):
            for peer in peers:
                for case in cases:
                    spent[(peer.name, *case)] += run_peer(peer, *case)
            lines, rows = run_ours(folder)
            for line in lines:
                ours[(line["threads"], line["queries"])].append(line["ms"])
                shares[(line["threads"], line["queries"])].append(line["of_reading"])
    recalls["quern"] = recall(rows, true)

    print(f"{OPTIONS.n} x {OPTIONS.d}, top {OPTIONS.top}, ms a search; faiss {faiss.__version__}, "
          f"numpy {np.__version__}")
    print(f"{'':20}" + "".join(f"{f'{t} thr {q} q':>14}" for t, q in cases) + f"{'recall':>10}")
    median = {key: statistics.median(values) for key, values in spent.items()}
    ours = {case: statistics.median(values) for case, values in ours.items()}
    print(f"{'quern':20}" + "".join(f"{ours[c]:14.2f}" for c in cases) + f"{recalls['quern']:10.4f}")
    for peer in peers:
        print(f"{peer.name:20}" + "".join(f"{median[(peer.name, *c)]:14.2f}" for c in cases)
              + f"{recalls[peer.name]:10.4f}")
    for case in cases:
        f32 = min(median[(p.name, *case)] for p in peers if "f32" in p.name)
        eight = min(median[(p.name, *case)] for p in peers if "8bit" in p.name)
        print(f"{case[0]} threads, {case[1]} queries: {statistics.median(shares[case]):.2f} of reading "
              f"the codes (want <= 1.15 for one), {f32 / ours[case]:.2f}x the best f32 (want >= 2), "
              f"{eight / ours[case]:.2f}x the best 8 bit (want >= {1.0 if case[0] == 1 else 1.2})")


if __name__ == "__main__":
    main()
