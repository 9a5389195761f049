#!/usr/bin/env python3
"""Writes src/text/analysis/word_break_table.inc: the classes of characters that word boundaries and
the choice of words need, from the Unicode Character Database (Debian's package unicode-data).

usage: make_word_break.py [UCD_FOLDER] > src/text/analysis/word_break_table.inc
       make_word_break.py --tests [UCD_FOLDER] > tests/data/unicode/word_break_cases.txt
"""
import pathlib
import re
import sys

# As enum class WordBreak of words.cpp. The last five are Other (or ALetter) in Unicode's table.
CLASSES = ["Other", "CR", "LF", "Newline", "Extend", "ZWJ", "Format", "Regional_Indicator", "Katakana",
           "Hebrew_Letter", "ALetter", "Single_Quote", "Double_Quote", "MidNumLet", "MidLetter", "MidNum",
           "Numeric", "ExtendNumLet", "WSegSpace", "LetterPictograph", "Pictograph", "Emoji", "Ideograph",
           "Hiragana", "SouthEastAsian"]


def rows(path):
    """(code point, value) of a file of properties."""
    for line in path.read_text(encoding="utf-8").splitlines():
        match = re.match(r"([0-9A-F]+)(?:\.\.([0-9A-F]+))?\s*;\s*(\w+)", line)
        if match:
            first = int(match[1], 16)
            for code in range(first, int(match[2] or match[1], 16) + 1):
                yield code, match[3]


def classes(ucd):
    found = {code: value for code, value in rows(ucd / "auxiliary/WordBreakProperty.txt")}

    def mark(path, value, as_class):
        for code, got in rows(ucd / path):
            if got == value and code not in found:
                found[code] = as_class

    for code, value in rows(ucd / "emoji/emoji-data.txt"):
        if value == "Extended_Pictographic" and found.get(code) == "ALetter":
            found[code] = "LetterPictograph"
    mark("emoji/emoji-data.txt", "Emoji_Presentation", "Emoji")
    mark("emoji/emoji-data.txt", "Extended_Pictographic", "Pictograph")
    mark("Scripts.txt", "Han", "Ideograph")
    mark("Scripts.txt", "Hiragana", "Hiragana")
    mark("LineBreak.txt", "SA", "SouthEastAsian")
    return found


def main():
    arguments = sys.argv[1:]
    want_tests = arguments[:1] == ["--tests"]
    ucd = pathlib.Path((arguments[int(want_tests):] or ["/usr/share/unicode"])[0])
    if want_tests:
        for line in (ucd / "auxiliary/WordBreakTest.txt").read_text(encoding="utf-8").splitlines():
            case = line.split("#")[0].strip()
            if case:
                print(case.replace("÷", "/").replace("×", "x"))
        return
    found = classes(ucd)
    ranges = []
    for code in sorted(found):
        value = CLASSES.index(found[code])
        if ranges and ranges[-1][1] == code - 1 and ranges[-1][2] == value:
            ranges[-1][1] = code
        else:
            ranges.append([code, code, value])
    version = (ucd / "auxiliary/WordBreakProperty.txt").read_text(encoding="utf-8").split("\n")[0]
    print(f"// Written by tools/make_word_break.py from {version.strip('# ')}. Do not edit.\n")
    print("// Values: WordBreak; what is not here is Other.\nconstexpr CodeRangeValue kWordBreaks[] = {")
    line = "   "
    for first, last, value in ranges:
        cell = f" {{0x{first:X}, 0x{last:X}, {value}}},"
        if len(line) + len(cell) > 100:
            print(line)
            line = "   "
        line += cell
    print(line + "\n};")


if __name__ == "__main__":
    main()
