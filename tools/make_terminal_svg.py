#!/usr/bin/env python3
"""Runs commands in a shell and draws them with their output as an SVG, for the README.

usage: make_terminal_svg.py OUT.svg COMMAND...      (QUERN_HOME and PATH are the caller's)
"""
import html
import subprocess
import sys
import textwrap

COLUMNS = 100
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"
LINE_HEIGHT = 19
CHARACTER_WIDTH = 8.43


def lines_of(command: str) -> list[tuple[str, str]]:
    """(class, text) for the prompt and each line of what the command printed."""
    done = subprocess.run(command, shell=True, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    rows = [("prompt", part) for part in textwrap.wrap("$ " + command, COLUMNS,
                                                       subsequent_indent="    ")]
    for line in done.stdout.expandtabs(8).splitlines():
        rows += [("out", line[:COLUMNS - 1] + "…" if len(line) > COLUMNS else line)]
    return rows + [("out", "")]


def main() -> None:
    rows = [row for command in sys.argv[2:] for row in lines_of(command)][:-1]
    width = round(COLUMNS * CHARACTER_WIDTH + 40)
    height = len(rows) * LINE_HEIGHT + 56
    body = "\n".join(
        f'<text class="{kind}" x="20" y="{50 + i * LINE_HEIGHT}" xml:space="preserve">'
        f"{html.escape(text)}</text>"
        for i, (kind, text) in enumerate(rows) if text)
    circles = "".join(f'<circle cx="{20 + 18 * i}" cy="17" r="5" fill="{color}"/>'
                      for i, color in enumerate(("#e0645c", "#e0b34c", "#67b668")))
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write(f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img"
 aria-label="quern commands and their output in a terminal">
<style>
text {{ font: 14px {FONT}; fill: #d7dae0; }}
.prompt {{ fill: #8fc7ff; }}
</style>
<rect width="{width}" height="{height}" rx="8" fill="#1e2227"/>
{circles}
{body}
</svg>
""")


if __name__ == "__main__":
    main()
