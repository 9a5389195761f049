#!/usr/bin/env python3
"""A picture, and with --table a table, of bench_encoder's lines: tokens/s over length and batch.

usage: plot_encoder.py --out FILE.svg [--table] LINES.jsonl...

One panel for each precision; a cell is coloured by its share of the measured peak and holds the
thousands of tokens a second. Cells of batches that were not run stay empty. Standard library only.
"""
import argparse
import json
import pathlib
import sys

CELL_W, CELL_H, LEFT, TOP, GAP = 52, 26, 44, 58, 30


def read_cells(files: list[str]) -> dict[str, dict[tuple[int, int], dict]]:
    """Lines of equal lengths, by precision, then by length and batch."""
    out: dict[str, dict[tuple[int, int], dict]] = {}
    for file in files:
        for line in pathlib.Path(file).read_text(encoding="utf-8").splitlines():
            r = json.loads(line)
            if r["kind"] == "equal":
                out.setdefault(r["precision"], {})[r["length"], r["batch"]] = r
    return out


def axes(cells: dict[str, dict]) -> tuple[list[int], list[int]]:
    keys = {k for panel in cells.values() for k in panel}
    return sorted({n for n, _ in keys}), sorted({b for _, b in keys})


def colour(share: float) -> str:
    """White at 0, a full blue at the peak."""
    share = min(max(share, 0.0), 1.0)
    return "#" + "".join(f"{round(255 + (end - 255) * share):02x}" for end in (23, 92, 166))


def text(x: float, y: float, body: str, more: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" {more}>{body}</text>'


def panel(x0: int, name: str, cells: dict, lengths: list[int], batches: list[int]) -> list[str]:
    out = [text(x0 + LEFT, 20, name, 'font-weight="bold"'),
           text(x0 + LEFT + CELL_W * len(batches) / 2, 38, "texts in the batch", 'class="c"')]
    for j, b in enumerate(batches):
        out.append(text(x0 + LEFT + (j + 0.5) * CELL_W, TOP - 6, str(b), 'class="c"'))
    for i, n in enumerate(lengths):
        y = TOP + i * CELL_H
        out.append(text(x0 + LEFT - 6, y + 17, str(n), 'class="e"'))
        for j, b in enumerate(batches):
            cell = cells.get((n, b))
            x = x0 + LEFT + j * CELL_W
            fill = colour(cell["peak_share"]) if cell else "none"
            out.append(f'<rect x="{x}" y="{y}" width="{CELL_W}" height="{CELL_H}" fill="{fill}"/>')
            if cell:
                ink = ' fill="#fff"' if cell["peak_share"] > 0.5 else ""
                out.append(text(x + CELL_W / 2, y + 17, f'{cell["tokens_per_s"] / 1000:.1f}',
                                f'class="c"{ink}'))
    return out


def picture(cells: dict[str, dict]) -> str:
    lengths, batches = axes(cells)
    width = LEFT + CELL_W * len(batches) + GAP
    height = TOP + CELL_H * len(lengths) + 30
    body: list[str] = []
    for k, (name, values) in enumerate(cells.items()):
        body += panel(k * width, name, values, lengths, batches)
    body.append(text(LEFT, height - 8, "thousands of tokens a second; rows: tokens of each text; "
                     "colour: share of the measured arithmetic peak"))
    style = ("text{font:12px sans-serif}.c{text-anchor:middle}.e{text-anchor:end}"
             "rect{stroke:#d0d7de}")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width * len(cells)}" '
            f'height="{height}">\n<style>{style}</style>\n'
            '<rect width="100%" height="100%" fill="#fff" style="stroke:none"/>\n'
            + "\n".join(body) + "\n</svg>\n")


def table(cells: dict[str, dict]) -> str:
    lengths, batches = axes(cells)
    lines = ["| | tokens | " + " | ".join(f"batch {b}" for b in batches) + " |",
             "|---|---|" + "---|" * len(batches)]
    for name, values in cells.items():
        for n in lengths:
            row = [f'{values[n, b]["tokens_per_s"]:,.0f}' if (n, b) in values else "–"
                   for b in batches]
            lines.append(f"| {name} | {n} | " + " | ".join(row) + " |")
    return "\n".join(lines)


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("files", nargs="+")
    ap.add_argument("--out", required=True)
    ap.add_argument("--table", action="store_true")
    a = ap.parse_args()
    cells = read_cells(a.files)
    if not cells:
        raise SystemExit("no lines of equal lengths")
    pathlib.Path(a.out).write_text(picture(cells), encoding="utf-8")
    if a.table:
        print(table(cells))
    return 0


if __name__ == "__main__":
    sys.exit(main())
