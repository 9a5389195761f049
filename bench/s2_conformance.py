#!/usr/bin/env python3
"""Whether `quern papers serve` speaks Semantic Scholar's API as its clients do: 48 points, each
asserted, with the official Python client (C), ScholarQA's own retriever (Q) and plain HTTP (H).

usage: s2_conformance.py --quern FILE --papers papers.jsonl [--work DIR] [--only 5,7]

Wants packages: semanticscholar 0.12.0; for Q also ai2-scholar-qa 0.8.14 (pip install --no-deps), and
of what that wants litellm 1.76.2, langsmith 0.1.142, nora_lib (--no-deps), pandas, fastapi, anyascii,
diskcache, filelock, google-cloud-storage, python-json-logger; else its points are left out, and said
so. Papers are made up (s2_fixture.py); those of --papers, JSON lines
with sections, are what Q asks about. Exit code 1 where an assertion failed.
"""
import argparse
import pathlib
import sys
import tempfile

import s2_points_clients
import s2_points_http
from s2_session import POINTS, Session


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quern", required=True)
    parser.add_argument("--papers", required=True)
    parser.add_argument("--work")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    only = {int(n) for n in arguments.only.split(",") if n}
    modules = (s2_points_http, s2_points_clients)
    assert all(modules)  # They register their points.
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(arguments.work or folder)
        work.mkdir(parents=True, exist_ok=True)
        session = Session(arguments.quern, arguments.papers, work)
        try:
            for point in sorted(POINTS, key=lambda p: p.number):
                if not only or point.number in only:
                    session.run(point)
        finally:
            session.close()
        return session.report(len(only) or 48)


if __name__ == "__main__":
    sys.exit(main())
