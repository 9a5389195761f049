#!/usr/bin/env python3
"""How well each way of searching finds what was judged relevant, through the commands that a user has.

usage: retrieval_quality.py DATA [--quern quern] [--model MODEL] [--sets scifact,cranfield,...] [--work DIR]

For each set of DATA (a folder with corpus.jsonl, queries.jsonl, qrels.tsv as BEIR has them) a store is
made with `quern store create|add`, each way of `quern store search` writes a run, and the runs are
scored with nDCG@10 (gains as judged, Jarvelin and Kekalainen 2002, as trec_eval) and recall@100. A
learnt fusion is fitted by `quern store fit` on qrels_train.tsv where there is one and judged on
qrels.tsv, else fitted on every other query and judged on the rest, where all other ways are then judged
too. Times are of one process answering all queries, so they are for comparison within a line.
"""
import argparse
import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

SETS = {
    "scifact": ["--analyzer", "english", "--k1", "0.9", "--b", "0.4"],
    "cranfield": ["--analyzer", "english", "--k1", "0.9", "--b", "0.4"],
    "papers_scisumm": ["--analyzer", "english", "--k1", "0.9", "--b", "0.4"],
    "cosqa": ["--analyzer", "code"],
    "codesearchnet_sample": ["--analyzer", "code"],
}
WAYS = {
    "bm25": ["--mode", "bm25"],
    "dense": ["--mode", "dense"],
    "rrf": ["--mode", "hybrid", "--fusion", "rrf"],
    "minmax": ["--mode", "hybrid", "--fusion", "minmax"],
    "zscore": ["--mode", "hybrid", "--fusion", "zscore"],
    "dbsf": ["--mode", "hybrid", "--fusion", "dbsf"],
}


def read_qrels(path: pathlib.Path) -> dict:
    qrels: dict = {}
    for line in path.read_text().splitlines()[1:]:
        query, document, gain = line.split("\t")
        qrels.setdefault(query, {})[document] = int(gain)
    return {q: docs for q, docs in qrels.items() if any(gain > 0 for gain in docs.values())}


def write_qrels(path: pathlib.Path, qrels: dict) -> None:
    lines = ["query-id\tcorpus-id\tscore"]
    lines += [f"{q}\t{d}\t{gain}" for q, docs in qrels.items() for d, gain in docs.items()]
    path.write_text("\n".join(lines) + "\n")


def read_run(path: pathlib.Path) -> dict:
    run: dict = {}
    for line in path.read_text().splitlines():
        query, _, document, _, _, _ = line.split()
        run.setdefault(query, []).append(document)
    return run


def ndcg10(ranked: list, gains: dict) -> float:
    dcg = lambda values: sum(v / math.log2(i + 2) for i, v in enumerate(values[:10]))
    return dcg([gains.get(d, 0) for d in ranked]) / dcg(sorted(gains.values(), reverse=True))


def recall100(ranked: list, gains: dict) -> float:
    relevant = {d for d, gain in gains.items() if gain > 0}
    return len(relevant & set(ranked[:100])) / len(relevant)


def score(run: dict, qrels: dict) -> tuple:
    n = len(qrels)
    return (sum(ndcg10(run.get(q, []), gains) for q, gains in qrels.items()) / n,
            sum(recall100(run.get(q, []), gains) for q, gains in qrels.items()) / n)


class Store:
    def __init__(self, quern: str, data: pathlib.Path, work: pathlib.Path, flags: list, model: str):
        self.quern, self.folder, self.work = quern, work / "store", work
        self.call("create", "--fields", "title+text", *flags, "--model", model)
        start = time.time()
        self.call("add", "--texts", str(data / "corpus.jsonl"))
        self.add_s = time.time() - start

    def call(self, command: str, *arguments: str) -> str:
        done = subprocess.run([self.quern, "store", command, str(self.folder), *arguments],
                              capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"quern store {command} {' '.join(arguments)}: {done.returncode}\n{done.stderr}")
        return done.stdout

    def run(self, queries: pathlib.Path, way: list) -> tuple:
        start = time.time()
        self.call("search", "--queries", str(queries), "--top", "100", "--run",
                  str(self.work / "run"), *way)
        return read_run(self.work / "run"), time.time() - start


def measure(name: str, flags: list, data: pathlib.Path, work: pathlib.Path, quern: str,
            model: str) -> None:
    qrels = read_qrels(data / "qrels.tsv")
    taught = data / "qrels_train.tsv"
    store = Store(quern, data, work, flags, model)
    if taught.exists():
        fit_qrels, judged = read_qrels(taught), qrels
    else:
        by_id = sorted(qrels)
        fit_qrels = {q: qrels[q] for q in by_id[::2]}
        judged = {q: qrels[q] for q in by_id[1::2]}
    queries = [json.loads(line) for line in (data / "queries.jsonl").read_text().splitlines()]

    def queries_of(chosen: dict, file: str) -> pathlib.Path:
        path = work / file
        path.write_text("".join(json.dumps(q) + "\n" for q in queries if q["_id"] in chosen))
        return path

    asked = queries_of(judged, "judged.jsonl")
    print(f"\n{name}: {len(judged)} queries, added in {store.add_s:.1f} s")
    for way, arguments in WAYS.items():
        run, took = store.run(asked, arguments)
        print("  {:8} nDCG@10 {:.4f}  R@100 {:.4f}  {:.2f} s".format(way, *score(run, judged), took))
    write_qrels(work / "fit.tsv", fit_qrels)
    report = store.call("fit", "--queries", str(queries_of(fit_qrels, "fit.jsonl")), "--qrels",
                        str(work / "fit.tsv"))
    run, took = store.run(asked, ["--mode", "hybrid", "--fusion", "fitted"])
    print("  {:8} nDCG@10 {:.4f}  R@100 {:.4f}  {:.2f} s".format("fitted", *score(run, judged), took))
    print("  " + report.strip().replace("\n", "\n  "))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--quern", default="quern")
    parser.add_argument("--model", default="minilm")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--work", type=pathlib.Path)
    arguments = parser.parse_args()
    for name in arguments.sets.split(","):
        work = pathlib.Path(tempfile.mkdtemp(dir=arguments.work))
        try:
            measure(name, SETS[name], arguments.data / name, work, arguments.quern, arguments.model)
        finally:
            shutil.rmtree(work)


if __name__ == "__main__":
    main()
