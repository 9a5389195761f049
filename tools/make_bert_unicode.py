#!/usr/bin/env python3
"""Writes src/text/bert/bert_unicode_tables.inc: the character classes of huggingface/tokenizers.

Its BERT rules rest on libraries of different Unicode versions (categories: 8, decomposition: 9,
lower case: the Rust release's). The classes are found by asking `tokenizers` about every code
point, so that ours are equal to it whatever the Unicode version of utf8proc here.

usage: make_bert_unicode.py > src/text/bert/bert_unicode_tables.inc     (needs the tokenizers module)
       make_bert_unicode.py --regex > src/base/regex_char_tables.inc
       make_bert_unicode.py --scripts > src/text/pipeline/script_tables.inc
"""
import itertools
import sys
import unicodedata

import tokenizers
from tokenizers import normalizers, pre_tokenizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
# Decompositions that came with Unicode 10 to 16 and that `tokenizers` does not know.
NEWER_DECOMPOSITIONS = [0x105C9, 0x105E4, 0x11383, 0x11385, 0x1138E, 0x11391, 0x113C5, 0x113C7,
                        0x113C8, *range(0x16121, 0x16129), *range(0x16D68, 0x16D6B)]


def bert(**on):
    rules = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False,
                 lowercase=False)
    return normalizers.BertNormalizer(**{**rules, **on}).normalize_str


CLEAN, CJK, STRIP, LOWER = (bert(clean_text=True), bert(handle_chinese_chars=True),
                            bert(strip_accents=True), bert(lowercase=True))
HEADER = (f"// Written by tools/make_bert_unicode.py from tokenizers {tokenizers.__version__}. "
          "Do not edit.\n")
NFD = normalizers.NFD().normalize_str
SPLIT = pre_tokenizers.BertPreTokenizer().pre_tokenize_str

# Marks with a combining class that came with Unicode 15 and 16.
NEWER_MARKS = [0x897, 0xECE, *range(0x10D69, 0x10D6E), *range(0x10EFD, 0x10F00), 0x113CE, 0x113CF, 0x113D0,
               0x113E1, 0x113E2, 0x11F41, 0x11F42, 0x1612F, 0x1E08F, *range(0x1E4EC, 0x1E4F0), 0x1E5EE,
               0x1E5EF]


def ranges(code_points):
    found = []
    for c in code_points:
        if found and found[-1][1] == c - 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    return found


def show(name, comment, rows, kind="CodeRange"):
    print(f"// {comment}\nconstexpr {kind} {name}[] = {{")
    line = "   "
    for row in rows:
        cell = " {" + ", ".join(f"0x{v:X}" for v in row) + "},"
        if len(line) + len(cell) > 100:
            print(line)
            line = "   "
        line += cell
    print(line + "\n};")


def combining_class(c):
    """The class `tokenizers` orders c by: Unicode's, or 0 where it does not know the mark."""
    known = unicodedata.combining(chr(c))
    if not known:
        return 0
    low, high = "\u0334", "\u0345"  # Classes 1 and 240, the ends of the scale.
    moved = NFD("a" + chr(c) + low) != "a" + chr(c) + low or \
        NFD("a" + high + chr(c)) != "a" + high + chr(c)
    return known if moved else 0


def lower_rows():
    """(first, last, what to add) where Unicode 15 (utf8proc 2.8) has no lower case."""
    rows = []
    for c in CODE_POINTS:
        to = LOWER(chr(c))
        if unicodedata.category(chr(c)) != "Cn" or to == chr(c):
            continue
        delta = (ord(to) - c) & 0xFFFFFFFF
        if rows and rows[-1][1] == c - 1 and rows[-1][2] == delta:
            rows[-1][1] = c
        else:
            rows.append([c, c, delta])
    return rows


def newer_category(letter):
    """What the regex engine's \\p{L} or \\p{N} matches among those."""
    pattern = tokenizers.Regex("\\p{" + letter + "}")
    split = pre_tokenizers.Split(pattern, "isolated").pre_tokenize_str
    unknown = [c for c in CODE_POINTS if unicodedata.category(chr(c)) == "Cn"]
    return ranges(c for c in unknown if len(split("\t" + chr(c) + "\t")) == 3)


def script_rows():
    """(first, last, script) as UnicodeScripts has it; scripts are numbered as they are met."""
    n_pieces = lambda text: len(pre_tokenizers.UnicodeScripts().pre_tokenize_str(text))
    rows, met = [], []  # met: a character of each script.
    for c in CODE_POINTS:
        c = chr(c)
        if n_pieces("a" + c + "a") == n_pieces("\u03b1" + c + "\u03b1") == 1:
            continue  # Of no script.
        if not rows or n_pieces(met[rows[-1][2] - 1] + c) != 1:
            found = next((i for i, of in enumerate(met) if n_pieces(of + c) == 1), len(met))
            met += [c] if found == len(met) else []
            rows.append([ord(c), ord(c), found + 1])
        elif rows[-1][1] == ord(c) - 1:
            rows[-1][1] = ord(c)
        else:
            rows.append([ord(c), ord(c), rows[-1][2]])
    return rows


def main():
    if "--scripts" in sys.argv:
        print(HEADER)
        show("kScripts", "Scripts by UnicodeScripts, kana as Han; what is not here has none.",
             script_rows(), "CodeRangeValue")
        return
    if "--regex" in sys.argv:
        print(HEADER)
        show("kNewWordChars", "Word characters that utf8proc may be too old to know.",
             newer_word_chars())
        for letter, name in (("L", "Letters"), ("N", "Numbers")):
            show(f"kNew{name}", f"\\p{{{letter}}} likewise.", newer_category(letter))
        return
    print(HEADER)
    show("kDropped", "clean_text removes these (and U+FFFD).",
         ranges(c for c in CODE_POINTS if CLEAN("a" + chr(c) + "b") == "ab"))
    show("kCjk", "handle_chinese_chars puts spaces round these.",
         ranges(c for c in CODE_POINTS if CJK(chr(c)) != chr(c)))
    show("kPunctuation", "The pre-tokenizer isolates these.",
         ranges(c for c in CODE_POINTS if len(SPLIT("a" + chr(c) + "b")) == 3))
    marks = [c for c in CODE_POINTS if NFD(chr(c)) == chr(c) and STRIP(chr(c)) == ""]
    show("kStrippedMarks", "strip_accents removes these after decomposition.", ranges(marks))
    marks = set(marks)
    kept = [(c, combining_class(c)) for c in CODE_POINTS if c not in marks]
    rows = []
    for ccc, group in itertools.groupby((k for k in kept if k[1]), key=lambda k: k[1]):
        rows += [[a, b, ccc] for a, b in ranges(c for c, _ in group)]
    show("kKeptMarkClasses", "Combining classes of the marks that strip_accents keeps.", rows,
         "CodeRangeValue")
    undecomposed = [c for c in CODE_POINTS
                    if NFD(chr(c)) != unicodedata.normalize("NFD", chr(c))]
    show("kNotDecomposed", "Characters whose canonical decomposition is too new to be applied.",
         ranges(sorted(set(undecomposed + NEWER_DECOMPOSITIONS))))
    show("kClasslessMarks", "Marks too new to be ordered: they are like letters.",
         ranges(sorted([c for c in CODE_POINTS if unicodedata.combining(chr(c))
                        and not combining_class(c)] + NEWER_MARKS)))
    show("kNewLowerCase", "Lower case that utf8proc may be too old to know: what to add.",
         lower_rows(), "CodeRangeValue")


def newer_word_chars():
    """What Rust's \\w matches among the characters that Unicode 14 does not know."""
    probe = tokenizers.Tokenizer(tokenizers.models.WordLevel({"?": 0}, unk_token="?"))
    probe.add_tokens([tokenizers.AddedToken("ab", single_word=True, normalized=False)])
    unknown = [c for c in CODE_POINTS if unicodedata.category(chr(c)) == "Cn"]
    return ranges(c for c in unknown if len(probe.encode("ab" + chr(c)).ids) == 1)


if __name__ == "__main__":
    main()
