#!/usr/bin/env python3
"""Makes PDFs that look like papers of conferences and journals, and says what is in them.

Seven styles (ACL, NeurIPS, IEEE, ACM, Elsevier, Springer, a plain preprint) with their columns, fonts,
numbers of headings, running heads, footnotes, figures, tables and bibliographies; each paper varies in
what styles leave open. Texts are those of papers_scisumm. Needs reportlab.

  python3 bench/make_paper_pdfs.py --papers papers.jsonl --out FOLDER [--n 50] [--seed 1]

writes FOLDER/000.pdf ... and FOLDER/truth.jsonl: title, authors, headings, titles of references, texts
that belong to the paper and texts that do not.
"""

import argparse
import json
import os
import random
import re

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen import canvas

FAMILIES = {"times": ("Times-Roman", "Times-Bold", "Times-Italic"),
            "helvetica": ("Helvetica", "Helvetica-Bold", "Helvetica-Oblique")}

# columns, page, margins (left, right, top, bottom), gutter, body and leading, title, heading sizes by level
STYLES = {
    "acl": dict(columns=2, page=(595, 842), margins=(72, 72, 72, 72), gutter=17, body=11, leading=12.6, title=15,
                heading=(12, 11, 11), numbers="arabic", abstract="column", refs="author-year", family="times"),
    "neurips": dict(columns=1, page=(612, 792), margins=(108, 108, 80, 72), gutter=0, body=10, leading=11, title=17,
                    heading=(12, 10, 10), numbers="arabic", abstract="wide", refs="bracket", family="times"),
    "ieee": dict(columns=2, page=(612, 792), margins=(49, 49, 54, 54), gutter=18, body=10, leading=11.6, title=24,
                 heading=(10, 10, 10), numbers="roman", abstract="run-in", refs="ieee", family="times"),
    "acm": dict(columns=2, page=(612, 792), margins=(54, 54, 57, 73), gutter=24, body=9, leading=10.6, title=18,
                heading=(11, 11, 9), numbers="caps", abstract="column", refs="bracket", family="times"),
    "elsevier": dict(columns=1, page=(595, 794), margins=(60, 60, 80, 60), gutter=0, body=10, leading=12.4, title=17,
                     heading=(10.6, 10, 10), numbers="dot", abstract="wide", refs="apa", family="times"),
    "springer": dict(columns=1, page=(439, 666), margins=(52, 52, 60, 55), gutter=0, body=10, leading=12, title=14,
                     heading=(12, 10, 10), numbers="arabic", abstract="run-in", refs="dot", family="times"),
    "preprint": dict(columns=1, page=(612, 792), margins=(72, 72, 72, 72), gutter=0, body=11, leading=14, title=18,
                     heading=(14, 12, 11), numbers="none", abstract="wide", refs="apa", family="helvetica"),
}
ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
FIRST = "Anna Bram Carla Deniz Emil Farah Goran Hana Ivo Jana Karim Lena Mario Noor Olga Pavel Rosa Tomas".split()
LAST = ("Abendroth Bergstrom Castellano Dvorak Eriksen Fontaine Gruber Hashimoto Ivanov Jansen Kowalski Lindqvist "
        "Moreau Novak Okafor Petersen Quintero Rossi Schneider Takahashi").split()
PLACES = ["University of Northfield", "Institute of Computing, Eastbrook", "Westlake Research Laboratory"]
SUBS = ["Data Collection", "Feature Selection", "Training Procedure", "Baseline Systems", "Inference Algorithm",
        "Parameter Estimation", "Error Analysis", "Model Description", "Evaluation Metrics", "Search Strategy"]


def usable(paper):
    """Sections of prose with headings of words."""
    out = []
    for section in paper["sections"]:
        words = re.sub(r"^[\dIVX.]+\s*", "", section["heading"]).strip()
        text = " ".join(section["text"].split())
        text = "".join(c for c in text if 32 <= ord(c) < 127)
        if 3 < len(words) < 55 and re.match(r"^[A-Z][A-Za-z ,:-]+$", words) and len(text) > 600:
            if not words.lower().startswith(("reference", "acknowledg", "abstract")):
                out.append((words, text))
    return out


class Page:
    """Lines go down the columns of a page, and on to the next."""

    def __init__(self, path, style, rng, head):
        self.canvas = canvas.Canvas(path, pagesize=style["page"], pageCompression=1)
        self.style, self.rng, self.head = style, rng, head
        self.left, self.right, self.top, self.bottom = style["margins"]
        self.width, self.height = style["page"]
        self.full = self.width - self.left - self.right
        self.column_width = (self.full - style["gutter"] * (style["columns"] - 1)) / style["columns"]
        self.regular, self.bold, self.italic = FAMILIES[style["family"]]
        self.number, self.column, self.notes = 1, 0, []
        self.column_top = self.y = self.height - self.top
        self.furniture()

    def furniture(self):
        number = str(self.number)
        if self.head["where"] == "top" and self.number > 1:
            text = self.head["odd"] if self.number % 2 else self.head["even"]
            self.canvas.setFont(self.italic, 8)
            self.canvas.drawCentredString(self.width / 2, self.height - self.top + 24, text)
        if self.head["number"]:
            self.canvas.setFont(self.regular, 9)
            self.canvas.drawCentredString(self.width / 2, self.bottom - 30, number)
        if self.head["foot"] and self.number == 1:
            self.canvas.setFont(self.regular, 8)
            self.canvas.drawCentredString(self.width / 2, self.bottom - 18, self.head["foot"])

    @property
    def x(self):
        return self.left + self.column * (self.column_width + self.style["gutter"])

    def floor(self):
        return self.bottom + sum(10.5 * len(lines) for lines in self.notes) + (8 if self.notes else 0)

    def next_column(self):
        y = self.floor() - 8
        for lines in self.notes:
            for line in lines:
                self.canvas.setFont(self.regular, self.style["body"] * 0.8)
                self.canvas.drawString(self.x, y, line)
                y -= 10.5
        self.notes = []
        self.column += 1
        if self.column == self.style["columns"]:
            self.canvas.showPage()
            self.number += 1
            self.column, self.column_top = 0, self.height - self.top
            self.furniture()
        self.y = self.column_top

    def need(self, space):
        if self.y - space < self.floor():
            self.next_column()

    def wrap(self, text, font, size, width, first=0, hyphens=True):
        lines, line = [], ""
        for word in text.split():
            limit = width - (first if not lines else 0)
            if stringWidth((line + " " + word).strip(), font, size) <= limit:
                line = (line + " " + word).strip()
                continue
            cut = 0
            if hyphens and word.isalpha() and word.islower() and len(word) > 7 and self.rng.random() < 0.5:
                for n in range(3, len(word) - 3):
                    if stringWidth(line + " " + word[:n] + "-", font, size) <= limit:
                        cut = n
            lines.append(line + " " + word[:cut] + "-" if cut else line)
            line = word[cut:]
        return lines + [line]

    def draw(self, line, font, size, x, width, justified):
        gap = 0
        words = line.count(" ")
        if justified and words:
            gap = (width - stringWidth(line, font, size)) / words
        text = self.canvas.beginText(x, self.y)
        text.setFont(font, size)
        text.setWordSpace(gap)
        text.textOut(line)
        self.canvas.drawText(text)

    def paragraph(self, text, font=None, size=None, leading=None, indent=0, hang=0, align="justify", keep=0):
        font, size = font or self.regular, size or self.style["body"]
        leading = leading or self.style["leading"]
        lines = self.wrap(text, font, size, self.column_width - hang, indent - hang, align == "justify")
        for i, line in enumerate(lines):
            self.need(leading + (keep if i == 0 else 0))
            self.y -= leading
            x = self.x + (indent if i == 0 else hang)
            if align == "centre":
                x = self.x + (self.column_width - stringWidth(line, font, size)) / 2
            width = self.column_width - (indent if i == 0 else hang)
            self.draw(line, font, size, x, width, align == "justify" and i < len(lines) - 1)

    def space(self, n):
        if self.y < self.column_top:
            self.y -= n


def headings_of(style, sections, rng):
    """[(level, number, words, text)]"""
    out = []
    for i, (words, text) in enumerate(sections, 1):
        number = {"arabic": f"{i}", "dot": f"{i}.", "caps": f"{i}.", "roman": f"{ROMAN[i - 1]}.", "none": ""}
        out.append((0, number[style["numbers"]], words, text[:rng.randint(700, 2200)]))
        if len(text) < 3000 or rng.random() < 0.3:
            continue
        subs = rng.sample(SUBS, rng.randint(2, 3))
        for j, sub in enumerate(subs, 1):
            number = {"arabic": f"{i}.{j}", "dot": f"{i}.{j}.", "caps": f"{i}.{j}", "roman": f"{chr(64 + j)}.", "none": ""}
            begin = 2200 + 900 * j
            part = text[begin:begin + rng.randint(500, 900)]
            if len(part) > 300:
                out.append((1, number[style["numbers"]], sub, part[part.find(" ") + 1:].capitalize()))
    return out


def reference(style, rng, papers, n):
    """(label, text, title)"""
    paper = rng.choice(papers)
    title = paper["title"].strip(" .")
    names = [(rng.choice(FIRST), rng.choice(LAST)) for _ in range(rng.randint(1, 3))]
    year, pages = rng.randint(1985, 2019), rng.randint(10, 400)
    venue = rng.choice(["Proceedings of the Annual Meeting", "Computational Linguistics", "Machine Learning"])
    full = [f"{a} {b}" for a, b in names]
    short = [f"{a[0]}. {b}" for a, b in names]
    back = [f"{b}, {a[0]}." for a, b in names]
    joined = " and ".join([", ".join(full[:-1]), full[-1]]) if len(full) > 1 else full[0]
    if style["refs"] == "author-year":
        return "", f"{joined}. {year}. {title}. In {venue}, pages {pages}-{pages + 8}.", title
    if style["refs"] == "bracket":
        return f"[{n}] ", f"{', '.join(short)}. {title}. {venue}, {pages}:{n}-{n + 12}, {year}.", title
    if style["refs"] == "ieee":
        return f"[{n}] ", f'{", ".join(short)}, "{title}," in {venue}, {year}, pp. {pages}-{pages + 7}.', title
    if style["refs"] == "dot":
        return f"{n}. ", f"{', '.join(back)}: {title}. {venue} {pages}, {n}-{n + 9} ({year})", title
    return "", f"{', & '.join(back) if len(back) < 3 else ', '.join(back)} ({year}). {title}. {venue}, {pages}, 1-14.", title


def front(page, style, title, names, truth):
    width, size = page.full, style["title"]
    centred = style["numbers"] != "dot"
    if style.get("banner"):
        page.canvas.setFont(page.italic, 9)
        page.canvas.drawString(page.left, page.height - page.top + 6, style["banner"])
    for line in page.wrap(title, page.bold, size, width * 0.9, hyphens=False):
        page.y -= size * 1.2
        x = page.left + ((width - stringWidth(line, page.bold, size)) / 2 if centred else 0)
        page.draw(line, page.bold, size, x, width, False)
    page.y -= size * 0.8
    name_size = style["body"] + 1
    page.y -= name_size
    step = width / len(names)
    for i, name in enumerate(names):
        x = page.left + step * (i + 0.5) - stringWidth(name, page.regular, name_size) / 2
        page.draw(name, page.regular, name_size, x, width, False)
    for text in (page.rng.choice(PLACES), "{" + names[0].split()[0].lower() + "}@example.org"):
        page.y -= style["leading"]
        x = page.left + (width - stringWidth(text, page.italic, style["body"] - 1)) / 2
        page.draw(text, page.italic, style["body"] - 1, x, width, False)
    page.y -= 1.5 * style["leading"]
    truth["authors"] = names


def abstract(page, style, text):
    if style["abstract"] == "wide":
        size, leading = style["body"], style["leading"]
        page.y -= leading
        page.draw("Abstract", page.bold, size + 1, page.left + page.full / 2 - 24, 0, False)
        page.y -= 4
        for line in page.wrap(text, page.regular, size, page.full - 60):
            page.y -= leading
            page.draw(line, page.regular, size, page.left + 30, page.full - 60, False)
        page.y -= leading
        page.column_top = page.y
        return
    page.column_top = page.y
    if style["abstract"] == "run-in":
        lead = "Abstract-" if style["numbers"] == "roman" else "Abstract. "
        page.paragraph(lead + text, page.bold if lead[-1] == "-" else page.regular, style["body"] - 1, style["leading"] - 1)
    else:
        word = "ABSTRACT" if style["numbers"] == "caps" else "Abstract"
        page.paragraph(word, page.bold, style["heading"][0], align="centre" if word != "ABSTRACT" else "left")
        page.space(4)
        page.paragraph(text, size=style["body"] - 1, leading=style["leading"] - 1)
    page.space(style["leading"])


def draw_heading(page, style, level, number, words):
    size = style["heading"][level]
    shown = words.upper() if level == 0 and style["numbers"] in ("roman", "caps") else words
    text = (number + ("  " if style["numbers"] == "arabic" else " ") + shown).strip()
    font = page.italic if level == 1 and style["numbers"] == "roman" else page.bold
    if level == 0 and style["numbers"] == "roman":
        font = page.regular
    page.space(size * (1.0 if level == 0 else 0.8))
    align = "centre" if level == 0 and style["numbers"] == "roman" else "left"
    page.paragraph(text, font, size, size * 1.2, align=align, keep=3 * style["leading"])
    page.space(size * 0.35)


def figure(page, style, rng, n, truth):
    height = rng.randint(70, 120)
    page.need(height + 60)
    page.space(10)
    page.canvas.rect(page.x + 10, page.y - height, page.column_width - 20, height)
    page.canvas.setFont("Helvetica", 7)
    for label in rng.sample(["Recall", "Precision", "Time (s)", "Baseline", "Ours", "0.5", "1.0", "Epoch"], 4):
        page.canvas.drawString(page.x + rng.randint(15, 80), page.y - rng.randint(10, height - 8), label)
    page.y -= height
    said = rng.choice(["Learning curves of all systems", "The architecture of the whole system", "Results by length of input"])
    name = {"roman": f"Fig. {n}.", "dot": f"Fig. {n}.", "caps": f"Figure {n}:"}.get(style["numbers"], f"Figure {n}:")
    page.paragraph(f"{name} {said}, caption {n} of {n}.", size=style["body"] - rng.choice([0, 1]), leading=style["leading"] - 1)
    page.space(14)
    truth["absent"].append(f"caption {n} of {n}")


def table(page, style, rng, n, truth):
    page.need(90)
    page.space(10)
    for row in range(4):
        page.y -= 11
        for column in range(4):
            cell = rng.choice(["System", "Model", "MaxEnt", "SVM"]) if column == 0 else f"{rng.random() * 100:.1f}"
            page.canvas.setFont(page.regular, style["body"] - 1)
            page.canvas.drawString(page.x + 8 + column * page.column_width / 4.3, page.y, cell)
    page.space(3)
    page.paragraph(f"Table {n}: Scores of four systems, table text {n}.", size=style["body"] - 1, leading=style["leading"] - 1)
    page.space(14)
    truth["absent"].append(f"table text {n}")


def body(page, style, rng, headings, truth):
    n_figures = n_tables = n_notes = 0
    for level, number, words, text in headings:
        draw_heading(page, style, level, number, words)
        truth["headings"].append([number.rstrip("."), words])
        sentences = re.findall(r"[^.]+\.(?:\s|$)", text)
        for i in range(0, len(sentences), 5):
            part = "".join(sentences[i:i + 5]).strip()
            page.paragraph(part, indent=0 if i == 0 else style["body"])
            words_of = part.split()
            if len(words_of) > 14:
                truth["present"].append(" ".join(words_of[3:9]))
            if rng.random() < 0.10 and n_notes < 6:
                n_notes += 1
                page.notes.append(page.wrap(f"{n_notes} This footnote says something, note {n_notes}.", page.regular,
                                            style["body"] * 0.8, page.column_width))
                truth["absent"].append(f"note {n_notes}.")
            if rng.random() < 0.08 and n_figures < 4:
                n_figures += 1
                figure(page, style, rng, n_figures, truth)
            elif rng.random() < 0.06 and n_tables < 3:
                n_tables += 1
                table(page, style, rng, n_tables, truth)


def bibliography(page, style, rng, papers, truth):
    words = "References"
    draw_heading(page, {**style, "numbers": "roman" if style["numbers"] == "roman" else style["numbers"]}, 0, "", words)
    for n in range(1, rng.randint(12, 30)):
        label, text, title = reference(style, rng, papers, n)
        hang = stringWidth("[10] ", page.regular, style["body"] - 1) if label else 10
        page.paragraph(label + text, size=style["body"] - 1, leading=style["leading"] - 1, hang=hang)
        page.space(rng.choice([0, 2, 4]) if label else 3)
        truth["references"].append(title)


def make(path, name, paper, papers, rng):
    style = dict(STYLES[name])
    if rng.random() < 0.25:
        style["family"] = "helvetica" if style["family"] == "times" else "times"
    title = " ".join(paper["title"].split())
    names = []
    while len(names) < rng.randint(1, 3):
        names.append(f"{rng.choice(FIRST)} {rng.choice(LAST)}")
    short = title[:60]
    head = dict(where=rng.choice(["top", "none"]) if name in ("acl", "neurips") else "top", odd=short,
                even=f"{names[0]} et al.", number=rng.random() < 0.8,
                foot="Proceedings of the Annual Meeting on Examples, pages 1-9, 2015" if name in ("acl", "acm") else "")
    if name == "elsevier":
        style["banner"] = "Journal of Example Studies 12 (2015) 1-14"
    truth = dict(file=os.path.basename(path), style=name, title=title, headings=[], references=[], present=[], absent=[])
    page = Page(path, style, rng, head)
    if name == "preprint" and rng.random() < 0.7:
        page.canvas.saveState()
        page.canvas.rotate(90)
        page.canvas.setFont("Times-Roman", 20)
        page.canvas.drawString(250, -36, "arXiv:1506.01234v2  [cs.CL]  6 Dec 2015")
        page.canvas.restoreState()
        truth["arxiv"] = "1506.01234"
    front(page, style, title, names, truth)
    text = " ".join("".join(c for c in paper["abstract"] if 32 <= ord(c) < 127).split())
    abstract(page, style, text)
    truth["abstract"] = text
    body(page, style, rng, headings_of(style, usable(paper)[:9], rng), truth)
    bibliography(page, style, rng, papers, truth)
    if head["where"] == "top":
        truth["absent"].append(head["even"])
    page.next_column()
    page.canvas.save()
    return truth


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--n", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    with open(arguments.papers, encoding="utf-8") as lines:
        papers = [json.loads(line) for line in lines]
    papers = [p for p in papers if p["title"].isascii() and p["title"].count(" ") > 2]
    good = [p for p in papers if len(usable(p)) >= 4 and len(p["abstract"]) > 300]
    os.makedirs(arguments.out, exist_ok=True)
    names = sorted(STYLES)
    with open(os.path.join(arguments.out, "truth.jsonl"), "w", encoding="utf-8") as out:
        for i, paper in enumerate(rng.sample(good, arguments.n)):
            path = os.path.join(arguments.out, f"{i:03}.pdf")
            out.write(json.dumps(make(path, names[i % len(names)], paper, papers, rng)) + "\n")


if __name__ == "__main__":
    main()
