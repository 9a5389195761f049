#!/usr/bin/env python3
"""Tests of compare_results.py and measure.py; standard library only."""
import json
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

import compare_results
import measure


def verdict(better: str, before: list[float], after: list[float]) -> str:
    rows = [measure.row("x", "u", better, values) for values in (before, after)]
    return compare_results.verdict(*rows, tolerance=0.03)[1]


class Verdict(unittest.TestCase):
    def test_a_rate_that_fell_out_of_its_range_is_worse(self):
        self.assertEqual(verdict("higher", [100, 101, 102], [90, 91, 92]), "worse")

    def test_a_time_that_fell_is_better(self):
        self.assertEqual(verdict("lower", [100, 101, 102], [90, 91, 92]), "better")

    def test_overlapping_ranges_are_not_judged(self):
        self.assertEqual(verdict("higher", [80, 100, 102], [79, 90, 92]), "unsure")

    def test_a_change_within_the_tolerance_is_none(self):
        self.assertEqual(verdict("lower", [100, 100, 100], [102, 102, 102]), "same")

    def test_no_number_is_not_judged(self):
        self.assertEqual(verdict("lower", [0.0], [5.0]), "same")


class Files(unittest.TestCase):
    def compare(self, before: dict | str, after: dict | str) -> int:
        with tempfile.TemporaryDirectory() as folder:
            paths = [pathlib.Path(folder) / name for name in ("a.json", "b.json")]
            for path, body in zip(paths, (before, after)):
                text = body if isinstance(body, str) else json.dumps(body)
                path.write_text(text, encoding="utf-8")
            with mock.patch.object(sys, "argv", ["compare_results.py", *map(str, paths)]), \
                    mock.patch("builtins.print"):
                return compare_results.main()

    def results(self, values: list[float]) -> dict:
        return {"machine": {}, "rows": [measure.row("rate", "x", "higher", values)]}

    def test_exit_code_says_whether_something_is_worse(self):
        self.assertEqual(self.compare(self.results([10, 10]), self.results([8, 8])), 1)
        self.assertEqual(self.compare(self.results([8, 8]), self.results([10, 10])), 0)

    def test_reads_google_benchmark(self):
        def body(times):
            return {"context": {}, "benchmarks": [
                {"name": "gemm", "run_name": "gemm", "run_type": "iteration", "real_time": t,
                 "time_unit": "us"} for t in times]}
        self.assertEqual(self.compare(body([1.0, 1.1]), body([2.0, 2.1])), 1)
        self.assertEqual(self.compare(body([1.0, 1.1]), body([1.0, 1.1])), 0)

    def test_reads_the_encoder_benchmark(self):
        def body(gops: float) -> str:
            rows = [{"bench": "encoder", "kind": "equal", "isa": "plain", "precision": "f32",
                     "length": n, "batch": 1, "threads": 1, "gops": gops,
                     "gops_p10": gops - 1, "gops_p90": gops + 1} for n in (8, 16)]
            return "".join(json.dumps(r) + "\n" for r in rows)
        self.assertEqual(self.compare(body(100), body(80)), 1)
        self.assertEqual(self.compare(body(80), body(100)), 0)

    def test_reads_the_kernels_benchmark(self):
        def body(gops: float) -> str:
            rows = [{"bench": "matmul", "model": "minilm", "op": op, "rows": 96, "threads": 1,
                     "activation": "none", "precision": "int8", "isa": "avx2", "gops": rate,
                     "gops_p10": rate, "gops_p90": rate}
                    for op, rate in (("qkv", gops), ("ff_in", 50))]
            return "".join(json.dumps(r) + "\n" for r in rows)
        self.assertEqual(self.compare(body(100), body(80)), 1)
        self.assertEqual(self.compare(body(100), body(100)), 0)


if __name__ == "__main__":
    unittest.main()
