#!/usr/bin/env python3
"""How PDFs that make_paper_pdfs.py made are read: titles, headings, references, text.

  python3 bench/paper_pdfs.py --program build/release/bench/bench_paper_reading FOLDER

prints a line for each paper with something wrong, and shares: titles that are right (but for case and
blanks), precision and recall of headings (words and number), of references by their titles, of authors;
texts that should be there and are, and that should not and are.
"""

import argparse
import json
import os
import subprocess


def plain(text):
    return "".join(c for c in text.lower() if c.isalnum())


def f1(n_right, n_found, n_wanted):
    precision, recall = n_right / max(1, n_found), n_right / max(1, n_wanted)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def matches(found, wanted):
    left = list(wanted)
    n = 0
    for one in found:
        if one in left:
            left.remove(one)
            n += 1
    return n, left


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("folder")
    arguments = parser.parse_args()
    with open(os.path.join(arguments.folder, "truth.jsonl"), encoding="utf-8") as lines:
        truths = {t["file"]: t for t in map(json.loads, lines)}
    files = [os.path.join(arguments.folder, name) for name in truths]
    out = subprocess.run([arguments.program, *files], check=True, capture_output=True, text=True).stdout
    counts = dict.fromkeys(("title", "headings", "headings_found", "headings_wanted", "authors", "authors_found", "authors_wanted",
                            "references", "references_found", "references_wanted", "present", "present_wanted",
                            "absent", "absent_wanted", "abstract", "arxiv", "arxiv_wanted"), 0)
    for line in out.splitlines():
        read = json.loads(line)
        truth = truths[os.path.basename(read["origin"])]
        wrong = []
        if plain(read.get("title", "")) == plain(truth["title"]):
            counts["title"] += 1
        else:
            wrong.append(f"title '{read.get('title')}' for '{truth['title']}'")
        for key, found, wanted in (
                ("headings", [(s["number"], plain(s["heading"])) for s in read.get("sections", []) if s["heading"]],
                 [(n, plain(h)) for n, h in truth["headings"]]),
                ("references", [plain(r["title"]) for r in read.get("references", [])], [plain(r) for r in truth["references"]]),
                ("authors", [plain(a) for a in read.get("authors") or []], [plain(a) for a in truth["authors"]])):
            n, left = matches(found, wanted)
            counts[key] += n
            counts[key + "_found"] += len(found)
            counts[key + "_wanted"] += len(wanted)
            if left or n < len(found):
                wrong.append(f"{key}: {len(found)} for {len(wanted)}, missing {left[:3]}, too many {matches(wanted, found)[1][:3]}")
        text = " ".join(s["text"] for s in read.get("sections", []))
        text = " ".join(text.split())
        for key in ("present", "absent"):
            here = [p for p in truth[key] if p in text]
            counts[key] += len(here)
            counts[key + "_wanted"] += len(truth[key])
            odd = [p for p in truth[key] if (p in text) != (key == "present")]
            if odd:
                wrong.append(f"{key}: {len(odd)} of {len(truth[key])}, {odd[:2]}")
        if plain(read.get("abstract", ""))[:200] == plain(truth["abstract"])[:200]:
            counts["abstract"] += 1
        else:
            wrong.append(f"abstract: {read.get('abstract')[:120]!r}")
        if "arxiv" in truth:
            counts["arxiv_wanted"] += 1
            counts["arxiv"] += read.get("arxiv") == truth["arxiv"]
        if wrong and arguments.verbose:
            print(truth["file"], truth["style"], *wrong, sep="\n    ")
    n = len(truths)
    print(f"papers {n}  titles {counts['title'] / n:.3f}  abstracts {counts['abstract'] / n:.3f}")
    for key in ("headings", "references", "authors"):
        print("%s precision %.3f recall %.3f F1 %.3f" % ((key,) + f1(counts[key], counts[key + "_found"], counts[key + "_wanted"])))
    print(f"text that is there {counts['present']}/{counts['present_wanted']}, that should not be "
          f"{counts['absent']}/{counts['absent_wanted']}, arXiv ids {counts['arxiv']}/{counts['arxiv_wanted']}")


if __name__ == "__main__":
    main()
