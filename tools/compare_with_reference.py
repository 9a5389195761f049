#!/usr/bin/env python3
"""Holds the quern program against cached reference results (see reference_vectors.py).

usage: compare_with_reference.py --quern FILE --model DIR --cache DIR [--nli DIR] [--shared DIR]
                                 [--precision f32|bf16|int8|auto] [--sets a,b] [--threads N] [--json OUT]

Prints one line per check and exits 1 when a bar is missed. Checks without a bar are marked "-".
Needs: numpy.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import reference_scores as scores
import reference_texts as texts_of

FAITHFUL = {"cosine_mean": 0.9995, "cosine_min": 0.997, "loss": 0.002, "labels": 0.995}
EXACT = {"cosine_min": 0.99999, "difference": 2e-5, "logits": 1e-4, "shift": 0.0005, "labels": 1.0}
FAITHFUL_SETS = ("cranfield", "scifact", "sts")  # Those whose cosines have a bar below f32.
NLI_ACCURACY = 0.862
N_SCIFACT = 5000


class Report:
    def __init__(self):
        self.rows: list[dict] = []

    def add(self, check: str, on: str, got, relation: str = "", bar=None) -> None:
        holds = {"": True, ">=": bar is None or got >= bar, "<=": bar is None or got <= bar,
                 "==": bar is None or got == bar}[relation]
        self.rows.append({"check": check, "set": on, "got": got, "relation": relation,
                          "bar": bar, "holds": bool(holds)})
        mark = "-" if not relation else "ok" if holds else "MISSED"
        shown = f"{got:.7g}" if isinstance(got, float) else str(got)
        wanted = f"{relation} {bar}" if relation else ""
        print(f"{check:<28} {on:<20} {shown:>14}  {wanted:<14} {mark}", flush=True)

    def missed(self) -> list[dict]:
        return [r for r in self.rows if not r["holds"]]


class Quern:
    """Runs the program on lists of texts."""

    def __init__(self, a, work: pathlib.Path):
        self.program, self.precision, self.threads, self.work = a.quern, a.precision, a.threads, work

    def run(self, *arguments: str, precision: bool = True, threads: int = 0) -> str:
        command = [self.program, *arguments]
        if precision:
            command += ["--precision", self.precision]
        if threads or self.threads:
            command += ["--threads", str(threads or self.threads)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n"
                             f"{done.stderr.decode('utf-8', 'replace')[-2000:]}")
        return done.stdout.decode("utf-8", "replace")

    def write(self, name: str, rows: list[dict], ascii_only: bool = False) -> str:
        path = self.work / f"{name}.jsonl"
        with open(path, "w", encoding="utf-8", newline="\n") as f:
            for row in rows:
                f.write(json.dumps(row, ensure_ascii=ascii_only) + "\n")
        return str(path)

    def embed_file(self, model: str, path: str, threads: int = 0) -> np.ndarray:
        out = str(self.work / "vectors.npy")
        if os.path.exists(out):
            os.unlink(out)
        self.run("embed", model, "--texts", path, "--out", out, threads=threads)
        return np.load(out)

    def embed(self, model: str, name: str, texts: list[str], threads: int = 0) -> np.ndarray:
        return self.embed_file(model, self.write(name, [{"text": t} for t in texts],
                                                 ascii_only=name.startswith("hostile")), threads)

    def tokenize_file(self, model: str, path: str, *extra: str) -> list[list[int]]:
        command = [self.program, "tokenize", model, "--texts", path, "--json", *extra]
        out = subprocess.run(command, capture_output=True, check=False)
        if out.returncode != 0:
            raise SystemExit(f"{' '.join(command)}: {out.stderr.decode('utf-8', 'replace')}")
        return [json.loads(line)["ids"] for line in out.stdout.decode().splitlines()]

    def logits(self, model: str, name: str, rows: list[dict], labels: list[str]) -> np.ndarray:
        path = self.write(name, [{"text": r["premise"], "text_pair": r["hypothesis"]} for r in rows])
        out = []
        for line in self.run("classify", model, "--texts", path, "--json").splitlines():
            got = json.loads(line)["logits"]
            out.append([got[n] for n in labels] if isinstance(got, dict) else got)
        return np.asarray(out)


def load_ids(path: pathlib.Path) -> list[list[int]]:
    z = np.load(path)
    ids, starts = z["ids"].tolist(), z["starts"].tolist()
    return [ids[a:b] for a, b in zip(starts, starts[1:])]


def compare_ids(report: Report, name: str, got: list, want: list, texts: list[str]) -> None:
    wrong = [i for i in range(len(want)) if i >= len(got) or got[i] != want[i]]
    report.add("token ids that differ", name, len(wrong) + abs(len(got) - len(want)), "==", 0)
    for i in wrong[:5]:
        have = got[i][:12] if i < len(got) else None
        print(f"    text {i} {texts[i][:60]!r}: got {have}, want {want[i][:12]}")


def compare_vectors(report: Report, name: str, got: np.ndarray, want: np.ndarray,
                    texts: list[str], precision: str) -> None:
    if got.shape != want.shape or got.dtype != np.float32:
        report.add("shape of the vectors", name, f"{got.dtype}{got.shape}", "==",
                   f"{want.dtype}{want.shape}")
        return
    g, w = got.astype(np.float64), want.astype(np.float64)
    norms = np.linalg.norm(g, axis=1) * np.linalg.norm(w, axis=1)
    cosines = (g * w).sum(axis=1) / np.where(norms > 0, norms, 1.0)
    difference = np.abs(g - w).max(axis=1)
    if precision == "f32":
        report.add("cosine min", name, float(cosines.min()), ">=", EXACT["cosine_min"])
        report.add("largest difference", name, float(difference.max()), "<=", EXACT["difference"])
    elif name in FAITHFUL_SETS:
        report.add("cosine mean", name, float(cosines.mean()), ">=", FAITHFUL["cosine_mean"])
        report.add("cosine min", name, float(cosines.min()), ">=", FAITHFUL["cosine_min"])
    else:
        report.add("cosine mean", name, float(cosines.mean()))
        report.add("cosine min", name, float(cosines.min()))
    worst = int(np.argmin(cosines)) if precision != "f32" else int(np.argmax(difference))
    if report.rows[-1]["relation"] and not report.rows[-1]["holds"]:
        print(f"    worst is text {worst}: {texts[worst][:80]!r}")


def compare_score(report: Report, check: str, name: str, got: float, want: float,
                  precision: str) -> None:
    report.add(f"{check}, reference", name, want)
    report.add(check, name, got)
    if precision == "f32":
        report.add(f"{check}, shift", name, abs(got - want), "<=", EXACT["shift"])
    else:
        report.add(f"{check}, loss", name, want - got, "<=", FAITHFUL["loss"])


def compare_rankings(report: Report, a, data: pathlib.Path, got: dict, want: dict) -> None:
    for name, queries in (("cranfield", texts_of.read_jsonl(data / "cranfield/queries.jsonl")),
                          ("scifact", texts_of.scifact_queries(data))):
        if name not in got or f"{name}_queries" not in got:
            continue
        documents = [r["_id"] for r in texts_of.read_jsonl(data / f"{name}/corpus.jsonl")]
        gains = texts_of.read_qrels(data / f"{name}/qrels.tsv")
        ids = [q["_id"] for q in queries]
        value = [scores.ndcg(v[f"{name}_queries"], v[name], ids, documents, gains)
                 for v in (got, want)]
        compare_score(report, "nDCG@10", name, *value, a.precision)
    if "sts" in got:
        rows = texts_of.read_jsonl(data / "sts/sts.jsonl")
        row_of = {s: i for i, s in enumerate(texts_of.sts_sentences(data))}
        gold = np.array([r["score"] for r in rows])
        value = [scores.spearman(scores.pair_cosines(v["sts"], row_of, rows), gold)
                 for v in (got, want)]
        compare_score(report, "Spearman", "sts", *value, a.precision)


def compare_same_bits(report: Report, quern: Quern, a, texts: list[str], vectors: np.ndarray):
    """Order, batch and threads must not change a bit."""
    reversed_once = quern.embed(a.model, "reversed", texts[::-1], threads=1)[::-1]
    report.add("bits equal, 1 thread", "cranfield_queries",
               bool(np.array_equal(reversed_once, vectors)), "==", True)


def compare_classifier(report: Report, quern: Quern, a, shared: pathlib.Path) -> None:
    folder = pathlib.Path(a.nli)
    config = json.loads((folder / "config.json").read_text())
    labels = [config["id2label"][str(i)] for i in range(len(config["id2label"]))]
    for name, rows in texts_of.pair_sets(shared).items():
        want = np.load(pathlib.Path(a.cache) / folder.name / f"{name}.logits.npy")
        got = quern.logits(str(folder), name, rows, labels)
        if got.shape != want.shape:
            report.add("shape of the logits", name, str(got.shape), "==", str(want.shape))
            continue
        exact = a.precision == "f32"
        difference = float(np.abs(got - want).max())
        report.add("largest logit difference", name, difference, "<=" if exact else "",
                   EXACT["logits"] if exact else None)
        clear = scores.margins(want) >= 0.05
        same = float((got.argmax(1) == want.argmax(1))[clear].mean())
        report.add(f"labels equal ({int(clear.sum())} clear)", name, same, ">=",
                   EXACT["labels"] if exact else FAITHFUL["labels"])
        if name == "sick_trial":
            right = float(np.mean([labels[i] == r["label"] for i, r in zip(got.argmax(1), rows)]))
            report.add("accuracy", name, right, "==" if exact else "", NLI_ACCURACY if exact else None)


def compare_bert_bge(report: Report, quern: Quern, a, data: pathlib.Path) -> None:
    """The published ids of the bert-base vocabulary, which this model family shares."""
    base = data / "tokenizers/ggml-vocab-bert-bge.gguf"
    with open(f"{base}.inp", encoding="utf-8", newline="") as f:
        texts = f.read().split("\n__ggml_vocab_test__\n")
    with open(f"{base}.out", encoding="utf-8") as f:
        want = [[int(i) for i in line.split()] for line in f.read().split("\n")][:len(texts)]
    path = quern.write("bert_bge", [{"text": t} for t in texts])
    compare_ids(report, "bert_bge", quern.tokenize_file(a.model, path, "--no-special"), want, texts)


def compare_texts(report: Report, quern: Quern, a, shared: pathlib.Path) -> None:
    cache = pathlib.Path(a.cache) / pathlib.Path(a.model).name
    wanted = [s for s in a.sets.split(",") if s]
    got, want = {}, {}
    for name, texts in texts_of.text_sets(shared).items():
        if wanted and name not in wanted:
            continue
        if name == "hostile_bytes":
            path = quern.work / "hostile_bytes.txt"
            path.write_bytes(b"".join(b + b"\n" for b in texts_of.hostile_bytes()))
        else:
            path = quern.write(name, [{"text": t} for t in texts], name.startswith("hostile"))
        ids = quern.tokenize_file(a.model, str(path), "--max-tokens", "256")
        compare_ids(report, name, ids, load_ids(cache / f"{name}.ids.npz"), texts)
        got[name], want[name] = quern.embed_file(a.model, str(path)), np.load(cache / f"{name}.npy")
        n = N_SCIFACT if name == "scifact" else len(texts)
        compare_vectors(report, name, got[name][:n], want[name][:n], texts, a.precision)
        if name == "cranfield_queries":
            compare_same_bits(report, quern, a, texts, got[name])
    compare_rankings(report, a, shared / "data", got, want)


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--quern", required=True)
    ap.add_argument("--model", required=True)
    ap.add_argument("--cache", required=True)
    ap.add_argument("--nli")
    ap.add_argument("--shared")
    ap.add_argument("--precision", default="f32", choices=["f32", "bf16", "int8", "auto"])
    ap.add_argument("--sets", default="", help="only these sets of texts (comma between)")
    ap.add_argument("--threads", type=int, default=0)
    ap.add_argument("--json", help="file for the results")
    a = ap.parse_args()
    shared = texts_of.shared_folder(a.shared)
    report = Report()
    with tempfile.TemporaryDirectory() as work:
        quern = Quern(a, pathlib.Path(work))
        if a.nli:
            compare_classifier(report, quern, a, shared)
        compare_bert_bge(report, quern, a, shared / "data")
        compare_texts(report, quern, a, shared)
    if a.json:
        with open(a.json, "w", encoding="utf-8") as f:
            json.dump({"precision": a.precision, "isa": os.environ.get("QUERN_ISA", ""),
                       "checks": report.rows}, f, indent=1)
    missed = report.missed()
    print(f"{len(report.rows)} checks, {sum(1 for r in report.rows if r['relation'])} with a bar, "
          f"{len(missed)} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
