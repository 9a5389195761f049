#!/usr/bin/env python3
"""How many changed numbers, dates, units and negations the rules of claims catch, and how often they
cry without cause.

usage: claim_variants.py SCIFACT [--program build/release/bench/bench_claim_rules] [--seed 14] [--show]

SCIFACT is a folder with scifact_corpus_original.jsonl and claims_train.jsonl, claims_dev.jsonl. 300
variants are made from sentences of its abstracts, 60 of each kind: a number changed, a date changed, a
unit changed, a negation put in or taken out, and controls, which say the same in other words (40 % as
"40 percent", 1,200 as "1.2 thousand", 14 days as "2 weeks", "is not" as "isn't", "> 5" as "more than
5"). The variant is the claim, the sentence as it stands is the evidence. A catch is a mismatch of the
changed kind; a false alarm is any mismatch of a control. Then, of people's own claims: how often a rule
speaks beside sentences that support them, and beside those that contradict them.
"""
import argparse
import json
import pathlib
import random
import re
import subprocess

MONTHS = ("January February March April May June July August September October November "
          "December").split()
NUMBER = re.compile(r"(?<![\w.,/\-\u2013\u00b7])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?![\w/\u00b7]|[.,]\d|-[a-zA-Z]|\])")
YEAR = re.compile(r"\b(in|since|from|between|during|until|and|to) (1[89]\d\d|20[012]\d)(?=[ ,.;)](?! ?[a-z]+s\b))")
UNIT_SWAPS = {"mg": "g", "kg": "g", "g": "mg", "days": "weeks", "weeks": "months", "months": "years",
              "years": "months", "hours": "minutes", "minutes": "hours", "cm": "mm", "mm": "cm",
              "km": "m", "ml": "l", "day": "week", "year": "month", "month": "year", "week": "day"}
UNIT = re.compile(r"(?<![\w.,/\-])(\d+(?:\.\d+)?)([ -])(" + "|".join(UNIT_SWAPS) + r")\b(?!/)")
AUXILIARY = re.compile(r"\b(is|are|was|were|did|does|do|has|have|can|could|may|should|will) ([a-z]+)")
NEGATED = re.compile(r"\b(is|are|was|were|did|does|do|has|have|could|should) not ")
STATISTIC = re.compile(r"\b[pP] ?[<>=]|CI\b|±|\[\d")


def changed_number(rng, s):
    spots = [m for m in NUMBER.finditer(s) if not re.fullmatch(r"(1[89]|20)\d\d", m[0])
             and not re.search(r"[pPn] ?[<>=\u2264\u2265] ?$|\u00b1 ?$|\[$|CI,? ?$", s[:m.start()])
             and not re.match(r" ?%? ?(CI|confidence)", s[m.end():])]
    if not spots:
        return None
    m = rng.choice(spots)
    value = float(m[0].replace(",", ""))
    new = value * rng.choice([0.5, 0.6, 1.5, 2, 3]) + 1
    text = f"{new:.{len(m[2]) - 1}f}" if m[2] else f"{round(new):,}" if "," in m[0] else str(round(new))
    return s[:m.start()] + text + s[m.end():]


def changed_date(rng, s):
    spots = list(YEAR.finditer(s))
    if not spots:
        return None
    m = rng.choice(spots)
    return s[:m.start(2)] + str(int(m[2]) + rng.choice([-7, -3, -1, 1, 2, 5])) + s[m.end(2):]


def changed_unit(rng, s):
    spots = list(UNIT.finditer(s))
    if not spots:
        return None
    m = rng.choice(spots)
    return s[:m.start(3)] + UNIT_SWAPS[m[3]] + s[m.end(3):]


def changed_negation(rng, s):
    spots = list(NEGATED.finditer(s))
    if spots and rng.random() < 0.5:
        m = rng.choice(spots)
        return s[:m.start()] + m[1] + " " + s[m.end():]
    spots = [m for m in AUXILIARY.finditer(s) if m[2] not in ("not", "no", "the", "a", "an")]
    if not spots or " not " in s or " no " in s:
        return None
    m = rng.choice(spots)
    return s[:m.start(2)] + "not " + s[m.start(2):]


def said_otherwise(rng, s):
    ways = []
    for m in re.finditer(r"(\d) ?%", s):
        ways.append(s[:m.start()] + m[1] + rng.choice([" percent", " per cent", "%"]) + s[m.end():])
    for m in NUMBER.finditer(s):
        if m[2] or STATISTIC.search(s):
            continue
        value = int(m[0].replace(",", ""))
        if value >= 1000 and "," in m[0]:
            ways.append(s[:m.start()] + str(value) + s[m.end():])
            if value % 100 == 0:
                ways.append(s[:m.start()] + f"{value / 1000:g} thousand" + s[m.end():])
        words = "zero one two three four five six seven eight nine ten eleven twelve".split()
        if 2 <= value <= 12 and re.match(r" [a-z]", s[m.end():]):
            ways.append(s[:m.start()] + words[value] + s[m.end():])
    for m in re.finditer(r"\b(\d+) (weeks|years|hours)\b", s):
        by, unit = {"weeks": (7, "days"), "years": (12, "months"), "hours": (60, "minutes")}[m[2]]
        ways.append(s[:m.start()] + f"{int(m[1]) * by} {unit}" + s[m.end():])
    for m in re.finditer(r"\b(is|was|are|were|did|does|do) not\b", s):
        ways.append(s[:m.start()] + m[1] + "n't" + s[m.end():])
    for m in re.finditer(r"(?<![pP]) ?> ?(?=\d)", s):
        ways.append(s[:m.start()] + " more than " + s[m.end():])
    return rng.choice(ways) if ways else None


KINDS = {"number": changed_number, "date": changed_date, "unit": changed_unit,
         "negation": changed_negation, "control": said_otherwise}


def run(program, pairs):
    text = "".join("\t".join(" ".join(t.split()) for t in pair) + "\n" for pair in pairs)
    out = subprocess.run([program], input=text, capture_output=True, text=True, check=True).stdout
    return [set(line.split(",")) - {"-"} for line in out.splitlines()]


def variants(sentences, seed):
    rng = random.Random(seed)
    order = list(sentences)
    rng.shuffle(order)
    made = {kind: [] for kind in KINDS}
    for s in order:
        for kind in sorted(made, key=lambda k: len(made[k])):
            if len(made[kind]) == 60:
                continue
            variant = KINDS[kind](rng, s)
            if variant is not None and variant != s:
                made[kind].append((variant, s))
                break  # Each sentence is used once.
        if all(len(pairs) == 60 for pairs in made.values()):
            break
    return made


def people_pairs(folder, abstracts, label):
    for part in ("train", "dev"):
        for line in (folder / f"claims_{part}.jsonl").read_text().splitlines():
            claim = json.loads(line)
            for doc, sets in claim["evidence"].items():
                for one in sets:
                    if one["label"] == label and len(one["sentences"]) == 1:
                        yield claim["claim"], abstracts[int(doc)][one["sentences"][0]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("scifact", type=pathlib.Path)
    parser.add_argument("--program", default="build/release/bench/bench_claim_rules")
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--show", action="store_true", help="print what was missed and what was wrong")
    args = parser.parse_args()
    lines = (args.scifact / "scifact_corpus_original.jsonl").read_text().splitlines()
    abstracts = {d["doc_id"]: d["abstract"] for d in map(json.loads, lines)}
    sentences = [" ".join(s.split()) for d in abstracts.values() for s in d if 40 <= len(s) <= 300]
    for kind, pairs in variants(sentences, args.seed).items():
        found = run(args.program, pairs)
        hits = [bool(f) if kind == "control" else kind in f for f in found]
        others = sum(bool(f - {kind}) for f in found) if kind != "control" else 0
        what = "false alarms" if kind == "control" else "caught"
        print(f"{kind:9} {len(pairs):3} variants, {what} {sum(hits):3}, other kinds {others}")
        if args.show:
            for (variant, s), f, hit in zip(pairs, found, hits):
                if hit == (kind == "control"):
                    print(f"   {sorted(f)}\n     {variant}\n     {s}")
    for label in ("SUPPORT", "CONTRADICT"):
        pairs = sorted(set(people_pairs(args.scifact, abstracts, label)))
        found = run(args.program, pairs)
        kinds = {k: sum(k in f for f in found) for k in KINDS if k != "control"}
        print(f"people's claims, {label}: {len(pairs)} pairs, any rule {sum(map(bool, found))}: {kinds}")
        if args.show and label == "SUPPORT":
            for pair, f in zip(pairs, found):
                if f:
                    print(f"   {sorted(f)}\n     {pair[0]}\n     {pair[1]}")


if __name__ == "__main__":
    main()
