#!/usr/bin/env python3
"""BM25 on one thread, ours beside Tantivy, on the same terms: times, and that scores agree.

usage: lexical_side_by_side.py --bench FILE --texts CORPUS.jsonl... [--docs 1000000] [--queries 1000]
                               [--top 10] [--rounds 5] [--work FOLDER] [--also fts5,bm25s]

Documents are fragments of the texts' sentences, put together at random: 8 to 40 words in lower case
without Lucene's stop words, so that they have the texts' spectrum of words and some of their
neighbourhoods. A query is 2 to 6 different words of a document. Both sides get the words as they are
(Tantivy's whitespace tokenizer), one segment, k1 1.2 and b 0.75; a query's time is the median of its
rounds, of Tantivy without building the query. Tantivy's score / 2.2 must be ours to 1e-5.
--also: SQLite's FTS5 (bm25(), ORDER BY rank) and bm25s (its Lucene variant, one thread) on every tenth query.
"""
import argparse
import json
import pathlib
import random
import re
import subprocess
import tempfile
import time

STOP = set("a an and are as at be but by for if in into is it no not of on or such that the their then "
           "there these they this to was will with".split())


def fragments_of(paths):
    """Runs of at most 7 words that stand together in a text."""
    out = []
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            text = " ".join(str(row.get(key, "")) for key in ("title", "text"))
            for sentence in re.split(r"[.!?;]\s", text.lower()):
                words = [w for w in re.findall(r"[^\W_]+", sentence) if w not in STOP]
                out += [words[i:i + 7] for i in range(0, len(words), 7)]
    return [f for f in out if f]


def make_lines(args, docs_path, queries_path):
    rng = random.Random(12)
    fragments = fragments_of(args.texts)
    with open(docs_path, "w", encoding="utf-8") as docs:
        for _ in range(args.docs):
            want = rng.randint(8, 40)
            words = []
            while len(words) < want:
                words += rng.choice(fragments)
            docs.write(" ".join(words[:want]) + "\n")
    with open(docs_path, encoding="utf-8") as docs, open(queries_path, "w", encoding="utf-8") as out:
        chosen = sorted(rng.sample(range(args.docs), args.queries))
        wanted = iter(chosen)
        at = next(wanted)
        for i, line in enumerate(docs):
            if i != at:
                continue
            words = sorted(set(line.split()))
            out.write(" ".join(rng.sample(words, min(len(words), rng.randint(2, 6)))) + "\n")
            at = next(wanted, None)
            if at is None:
                break


def tantivy_answers(args, docs_path, queries):
    import tantivy
    schema = tantivy.SchemaBuilder()
    schema.add_integer_field("id", stored=False, fast=True)
    schema.add_text_field("text", tokenizer_name="whitespace", index_option="position")
    schema = schema.build()
    folder = tempfile.mkdtemp(dir=args.work)
    index = tantivy.Index(schema, path=folder)
    start = time.perf_counter()
    writer = index.writer(heap_size=2_000_000_000, num_threads=1)
    with open(docs_path, encoding="utf-8") as docs:
        for i, line in enumerate(docs):
            writer.add_document(tantivy.Document(id=i, text=line.rstrip("\n")))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    seconds = time.perf_counter() - start
    searcher = index.searcher()
    size = sum(p.stat().st_size for p in pathlib.Path(folder).iterdir())
    print(f"tantivy {tantivy.__version__}: {args.docs / seconds:.0f} documents/s from Python, "
          f"{size / args.docs:.1f} bytes each, {searcher.num_segments} segments")
    assert searcher.num_segments == 1, "one segment is what both sides should have"
    times = [[] for _ in queries]
    hits = [None] * len(queries)
    for _ in range(args.rounds):
        for i, line in enumerate(queries):
            query = tantivy.Query.boolean_query(
                [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "text", word, "freq"))
                 for word in line.split()])
            start = time.perf_counter()
            found = searcher.search(query, args.top, count=False)
            times[i].append(time.perf_counter() - start)
            hits[i] = [(address.doc, score) for score, address in found.hits]
    return [sorted(t)[len(t) // 2] for t in times], hits


def fts5_times(args, docs_path, queries):
    import sqlite3
    db = sqlite3.connect(str(pathlib.Path(args.work or tempfile.mkdtemp()) / "fts5.db"))
    db.execute("DROP TABLE IF EXISTS docs")
    db.execute("CREATE VIRTUAL TABLE docs USING fts5(text, content='', tokenize='unicode61')")
    start = time.perf_counter()
    with open(docs_path, encoding="utf-8") as docs:
        db.executemany("INSERT INTO docs(rowid, text) VALUES (?, ?)",
                       ((i + 1, line.rstrip("\n")) for i, line in enumerate(docs)))
    db.execute("INSERT INTO docs(docs) VALUES ('optimize')")
    db.commit()
    print(f"fts5 {sqlite3.sqlite_version}: {args.docs / (time.perf_counter() - start):.0f} documents/s")
    times = []
    for line in queries:
        match = " OR ".join(f'"{word}"' for word in line.split())
        start = time.perf_counter()
        db.execute("SELECT rowid FROM docs WHERE docs MATCH ? ORDER BY rank LIMIT ?",
                   (match, args.top)).fetchall()
        times.append(time.perf_counter() - start)
    return times


def bm25s_times(args, docs_path, queries):
    import bm25s
    with open(docs_path, encoding="utf-8") as docs:
        tokens = [line.split() for line in docs]
    start = time.perf_counter()
    index = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    index.index(tokens, show_progress=False)
    print(f"bm25s {bm25s.__version__}: {args.docs / (time.perf_counter() - start):.0f} documents/s")
    times = []
    for line in queries:
        start = time.perf_counter()
        index.retrieve([line.split()], k=args.top, n_threads=0, show_progress=False)
        times.append(time.perf_counter() - start)
    return times


def quantile(values, q):
    return sorted(values)[int(q * (len(values) - 1))] * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bench", required=True)
    parser.add_argument("--texts", required=True, nargs="+", type=pathlib.Path)
    parser.add_argument("--docs", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--top", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", default=None)
    parser.add_argument("--also", default="")
    args = parser.parse_args()
    work = pathlib.Path(args.work or tempfile.mkdtemp())
    work.mkdir(parents=True, exist_ok=True)
    docs_path, queries_path, out_path = work / "docs.txt", work / "queries.txt", work / "ours.txt"
    if not docs_path.exists():
        make_lines(args, docs_path, queries_path)
    queries = queries_path.read_text(encoding="utf-8").splitlines()
    subprocess.run([args.bench, str(docs_path), str(queries_path), "--top", str(args.top), "--rounds",
                    str(args.rounds), "--out", str(out_path)], check=True)
    ours, worst = [], 0.0
    theirs, their_hits = tantivy_answers(args, docs_path, queries)
    for line, hits in zip(out_path.read_text().splitlines(), their_hits):
        seconds, *rest = line.split()
        ours.append(float(seconds))
        scores = [float(hit.split(":")[1]) for hit in rest]
        assert len(scores) == len(hits), (len(scores), len(hits))
        worst = max([worst] + [abs(a - score / 2.2) for a, (_, score) in zip(scores, hits)])
    print(f"largest difference of scores (Tantivy's / 2.2): {worst:.2g}")
    assert worst <= 1e-5
    for name, q in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
        a, b = quantile(ours, q), quantile(theirs, q)
        print(f"{name}: ours {a:.3f} ms, tantivy {b:.3f} ms, {b / a:.2f} x")
    a, b = sum(ours), sum(theirs)
    print(f"all: ours {a * 1e3:.0f} ms, tantivy {b * 1e3:.0f} ms, {b / a:.2f} x")
    for name in filter(None, args.also.split(",")):
        times = {"fts5": fts5_times, "bm25s": bm25s_times}[name](args, docs_path, queries[::10])
        mine = ours[::10]
        print(f"{name}: p50 {quantile(times, 0.5):.2f} ms, p99 {quantile(times, 0.99):.2f} ms; "
              f"ours on the same p50 {quantile(mine, 0.5):.3f}, p99 {quantile(mine, 0.99):.3f}; "
              f"all {sum(times) / sum(mine):.0f} x")


if __name__ == "__main__":
    main()
