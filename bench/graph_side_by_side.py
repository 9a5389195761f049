#!/usr/bin/env python3
"""The search of a graph beside hnswlib, FAISS HNSW (f32 and 8 bit) and USearch, at equal recall.

usage: graph_side_by_side.py BENCH_VECTOR_GRAPH --indexes FOLDER [--n 1000000] [--d 384]
         [--spectrum FILE | --vectors FILE.f32 --queries FILE.f32] [--top 10] [--rounds 3]
         [--m 16] [--ef-construction 200] [--peers all] [--build-for SECONDS]

Needs `pip install faiss-cpu hnswlib numpy usearch`. The same vectors and 1,000 queries for all; one thread,
one query after another, by one call, so that Python takes no part. Everyone has up to 32 links a row at
the bottom (m 16). Rounds take turns; times are those of
the processor. Recall is that of the true neighbours in f64. Between the widths
tried, time at the recall wanted is interpolated. Indexes are built with all threads and kept in FOLDER,
with --build-for in pieces: the next call goes on where this one stopped.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--indexes", type=pathlib.Path, required=True)
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--d", type=int, default=384)
    parser.add_argument("--spectrum")
    parser.add_argument("--vectors")
    parser.add_argument("--queries")
    parser.add_argument("--top", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--m", type=int, default=16)
    parser.add_argument("--ef-construction", type=int, default=200)
    parser.add_argument("--peers", default="all")
    parser.add_argument("--build-for", type=float, default=float("inf"))
    return parser.parse_args()


OPTIONS = parse()
N_QUERIES = 1000
CHUNK = 20_000  # Vectors between two looks at the clock.
WIDTHS = [16, 24, 32, 48, 64, 96, 128, 192, 256, 384]
RECALLS = [0.90, 0.95, 0.98]

import faiss  # noqa: E402  (after --help)
import hnswlib  # noqa: E402
import numpy as np  # noqa: E402
import usearch.index  # noqa: E402

N_CORES = os.cpu_count()


def made_up(n, seed):
    """Normally distributed, with means and deviations of --spectrum or falling ones, normalised."""
    if OPTIONS.spectrum:
        means, deviations = np.loadtxt(OPTIONS.spectrum, dtype=np.float32).T
    else:
        means, deviations = 0, 1 / np.sqrt(1 + np.arange(OPTIONS.d, dtype=np.float32))
    x = np.random.default_rng(seed).standard_normal((n, OPTIONS.d), dtype=np.float32)
    x *= deviations
    x += means
    return normalised(x)


def normalised(x):
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x


def vectors(path, n, seed):
    if not path:
        return made_up(n, seed)
    return normalised(np.fromfile(path, dtype=np.float32).reshape(-1, OPTIONS.d))


class Hnswlib:
    def __init__(self, name, d, n):
        self.name, self.n, self.d, self.index = name, n, d, None

    def create(self):
        self.index = hnswlib.Index(space="ip", dim=self.d)
        self.index.init_index(self.n, ef_construction=OPTIONS.ef_construction, M=OPTIONS.m)

    def add(self, first, x):
        self.index.add_items(x, np.arange(first, first + len(x)), num_threads=N_CORES)

    def save(self, path):
        self.index.save_index(path)

    def load(self, path):
        self.index = hnswlib.Index(space="ip", dim=self.d)
        self.index.load_index(path, max_elements=self.n)

    def search(self, queries, width):
        self.index.set_ef(max(width, OPTIONS.top))
        return self.index.knn_query(queries, k=OPTIONS.top, num_threads=1)[0]


class Faiss:
    def __init__(self, name, d, n, make):
        self.name, self.n, self.d, self.make, self.index = name, n, d, make, None

    def create(self):
        self.index = self.make(self.d)
        self.index.hnsw.efConstruction = OPTIONS.ef_construction

    def add(self, first, x):
        faiss.omp_set_num_threads(N_CORES)
        if not self.index.is_trained:
            self.index.train(x)
        self.index.add(x)

    def save(self, path):
        faiss.write_index(self.index, path)

    def load(self, path):
        self.index = faiss.read_index(path)

    def search(self, queries, width):
        faiss.omp_set_num_threads(1)
        self.index.hnsw.efSearch = width
        return self.index.search(queries, OPTIONS.top)[1]


class Usearch:
    def __init__(self, name, d, n, dtype):
        self.name, self.n, self.d, self.dtype, self.index = name, n, d, dtype, None

    def create(self):
        self.index = usearch.index.Index(
            ndim=self.d, metric="cos", dtype=self.dtype, connectivity=OPTIONS.m,
            expansion_add=OPTIONS.ef_construction)

    def add(self, first, x):
        self.index.add(np.arange(first, first + len(x)), x, threads=N_CORES)

    def save(self, path):
        self.index.save(path)

    def load(self, path):
        self.create()
        self.index.load(path)

    def search(self, queries, width):
        self.index.expansion_search = width
        return self.index.search(queries, OPTIONS.top, threads=1).keys


def peers(d, n):
    inner = faiss.METRIC_INNER_PRODUCT
    scalar = faiss.ScalarQuantizer
    all_of_them = [
        Hnswlib("hnswlib f32", d, n),
        Faiss("faiss hnsw f32", d, n, lambda d: faiss.IndexHNSWFlat(d, OPTIONS.m, inner)),
        Faiss("faiss hnsw 8bit", d, n,
              lambda d: faiss.IndexHNSWSQ(d, scalar.QT_8bit, OPTIONS.m, inner)),
        Usearch("usearch f32", d, n, "f32"),
        Usearch("usearch i8", d, n, "i8"),
    ]
    if OPTIONS.peers == "all":
        return all_of_them
    return [p for p in all_of_them if p.name in OPTIONS.peers.split(",")]


def built(peer, base):
    """Loads or builds its index; False when the time was up before the end."""
    name = peer.name.replace(" ", "_")
    path, state_path = OPTIONS.indexes / name, OPTIONS.indexes / f"{name}.json"
    state = {"n": 0, "seconds": 0.0}
    if state_path.exists():
        state = json.loads(state_path.read_text())
        peer.load(str(path))
    else:
        peer.create()
    began = time.perf_counter()
    while state["n"] < len(base) and time.perf_counter() - START < OPTIONS.build_for:
        chunk = base[state["n"]:state["n"] + CHUNK]
        peer.add(state["n"], chunk)
        state["n"] += len(chunk)
    spent = time.perf_counter() - began
    if spent > 1:
        state["seconds"] += spent
        peer.save(str(path))
        state_path.write_text(json.dumps(state))
        print(f"# {peer.name}: {state['n']:,} of {len(base):,}, {state['seconds']:.0f} s",
              file=sys.stderr, flush=True)
    peer.build_seconds = state["seconds"]
    return state["n"] == len(base)


def true_neighbours(base, queries):
    path = OPTIONS.indexes / "true.npy"
    if path.exists():
        return np.load(path)
    best = np.zeros((len(queries), 0), dtype=np.int64)
    scores = np.zeros((len(queries), 0))
    for start in range(0, len(base), 20_000):
        part = queries.astype(np.float64) @ base[start:start + 20_000].T.astype(np.float64)
        ids = np.argpartition(-part, OPTIONS.top, axis=1)[:, :OPTIONS.top]
        scores = np.hstack([scores, np.take_along_axis(part, ids, axis=1)])
        best = np.hstack([best, ids + start])
        order = np.argsort(-scores, axis=1)[:, :OPTIONS.top]
        scores = np.take_along_axis(scores, order, axis=1)
        best = np.take_along_axis(best, order, axis=1)
    np.save(path, best)
    return best


def recall(found, true):
    return float(np.mean([len(set(f) & set(t)) / OPTIONS.top for f, t in zip(found, true)]))


def microseconds_at(points, wanted):
    """Between the two widths around the recall; None where it was not reached."""
    points = sorted(points)
    for (r0, t0), (r1, t1) in zip(points, points[1:]):
        if r0 <= wanted <= r1:
            return t0 if r1 == r0 else t0 + (t1 - t0) * (wanted - r0) / (r1 - r0)
    return points[0][1] if points[0][0] >= wanted else None


def run_ours(folder):
    command = [OPTIONS.program, "--vectors", folder / "base.f32", "--queries", folder / "queries.f32",
               "--d", OPTIONS.d, "--top", OPTIONS.top, "--graph", folder / "quern.graph",
               "--ids", folder / "ids", "--filters", "",
               "--widths", ",".join(str(w) for w in WIDTHS)]
    out = subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def main():
    OPTIONS.indexes.mkdir(parents=True, exist_ok=True)
    base = vectors(OPTIONS.vectors, OPTIONS.n, 1)
    queries = vectors(OPTIONS.queries, N_QUERIES, 2)[:N_QUERIES]
    if not (OPTIONS.indexes / "base.f32").exists():
        base.tofile(OPTIONS.indexes / "base.f32")
        queries.tofile(OPTIONS.indexes / "queries.f32")
    everyone = peers(OPTIONS.d, len(base))
    for peer in everyone:
        if not built(peer, base):
            return 3
    true = true_neighbours(base, queries)

    spent = {(p.name, w): [] for p in everyone for w in WIDTHS}
    recalls = {}
    ours, scans = {}, []
    for _ in range(OPTIONS.rounds):
        for peer in everyone:
            for width in WIDTHS:
                began = time.process_time()
                found = peer.search(queries, width)
                spent[(peer.name, width)].append((time.process_time() - began) / N_QUERIES * 1e6)
                recalls[(peer.name, width)] = recall(found, true)
        for line in run_ours(OPTIONS.indexes):
            if line["what"] == "build":
                print(f"quern built in {line['seconds']} s")
            if line["what"] != "graph":
                continue
            width = int(line["width"])
            ours.setdefault(width, []).append(line["us"])
            scans.append(line["scan_ms"])
            found = np.loadtxt(OPTIONS.indexes / f"ids.{width}", dtype=np.int64)
            recalls[("quern", width)] = recall(found, true)

    curves = {"quern": [(recalls[("quern", w)], statistics.median(t)) for w, t in ours.items()]}
    for peer in everyone:
        curves[peer.name] = [(recalls[(peer.name, w)], statistics.median(spent[(peer.name, w)]))
                             for w in WIDTHS]
    print(f"{len(base)} x {OPTIONS.d}, top {OPTIONS.top}, one thread, microseconds a query; faiss "
          f"{faiss.__version__}, hnswlib {hnswlib.__version__ if hasattr(hnswlib, '__version__') else ''}, "
          f"usearch {usearch.__version__ if hasattr(usearch, '__version__') else ''}")
    print(f"{'':18}{'build s':>9}" + "".join(f"{f'at {r}':>10}" for r in RECALLS)
          + "   recall: us by width")
    seconds = {p.name: p.build_seconds for p in everyone}
    at = {}
    for name, points in curves.items():
        at[name] = [microseconds_at(points, r) for r in RECALLS]
        cells = "".join(f"{t:10.0f}" if t else f"{'-':>10}" for t in at[name])
        print(f"{name:18}{seconds.get(name, 0):9.0f}{cells}   "
              + ", ".join(f"{r:.3f}: {t:.0f}" for r, t in sorted(points)))
    scan = statistics.median(scans) * 1e3
    for i, wanted in enumerate(RECALLS):
        mine = at["quern"][i]
        if mine is None:
            continue
        others = [at[p.name][i] for p in everyone if at[p.name][i]]
        best = f"{min(others) / mine:.2f}x the best peer" if others else "no peer got there"
        print(f"recall {wanted}: {scan / mine:.0f}x the rate of the exact scan, {best}")
    return 0


if __name__ == "__main__":
    START = time.perf_counter()
    sys.exit(main())
