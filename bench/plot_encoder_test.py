#!/usr/bin/env python3
"""Tests of plot_encoder.py; standard library only."""
import json
import pathlib
import tempfile
import unittest
import xml.etree.ElementTree

import plot_encoder


def line(precision: str, length: int, batch: int, kind: str = "equal") -> str:
    return json.dumps({"kind": kind, "precision": precision, "length": length, "batch": batch,
                       "tokens_per_s": 1000.0 * length * batch, "peak_share": 0.75})


class Picture(unittest.TestCase):
    def cells(self, *lines: str) -> dict:
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "lines.jsonl"
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
            return plot_encoder.read_cells([str(file)])

    def test_every_cell_is_drawn_once(self):
        cells = self.cells(line("f32", 8, 1), line("f32", 16, 4), line("int8", 8, 4),
                           line("f32", 8, 1, "random"))
        root = xml.etree.ElementTree.fromstring(plot_encoder.picture(cells))
        drawn = [t.text for t in root.iter("{http://www.w3.org/2000/svg}text")]
        for body in ("f32", "int8", "8.0", "64.0", "32.0"):
            self.assertEqual(drawn.count(body), 1, body)

    def test_what_was_not_run_is_a_dash(self):
        rows = plot_encoder.table(self.cells(line("f32", 8, 1), line("f32", 16, 4))).splitlines()
        self.assertEqual(rows[2], "| f32 | 8 | 8,000 | – |")
        self.assertEqual(rows[3], "| f32 | 16 | – | 64,000 |")

    def test_colours_run_from_white_to_blue(self):
        self.assertEqual(plot_encoder.colour(0), "#ffffff")
        self.assertEqual(plot_encoder.colour(2), "#175ca6")


if __name__ == "__main__":
    unittest.main()
