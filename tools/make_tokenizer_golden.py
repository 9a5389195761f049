#!/usr/bin/env python3
"""Writes tests/data/tokenizer/word_piece_{vocab,golden}.txt from huggingface/tokenizers.

One case a line, fields parted by tabs: rules (lowercase, strip_accents or '-', clean_text, CJK: one
character each), max_tokens, text in hex, second text in hex or '-', ids, type ids, tokens dropped.

usage: make_tokenizer_golden.py     (needs the tokenizers module)
"""
import pathlib
import random

from tokenizers import (AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors)

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "tokenizer"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = """the of and a in to is was for on with as by at an were flow wing hello world
straße naïve café cafe resume jose istanbul i̇stanbul σίσυφος ὀδυσσεύς привет мир שלום مرحبا
un ##aff ##able ##ing ##s ##ed ##ly ##tion embed ##ding token ##ize ##r ##ization run ##ner
漢 字 日 本 語 한국어 ᄒ ##ᅡ ##ᆫ 🙂 👍 ##🏽 ... """.split()


def vocabulary():
    chars = [chr(c) for c in range(0x21, 0x7F) if not chr(c).isupper()]
    pieces = SPECIAL + chars + ["##" + c for c in chars if c.isalnum()] + ["É", "é", "##é", "E"]
    return list(dict.fromkeys(pieces + WORDS + ["\u0301", "##\u0301", "##\u0327", "\ufffd"]))


# Mirrored by word_piece_golden_test.cpp.
ADDED = [AddedToken("Hello World", normalized=True, special=False),
         AddedToken("ab", normalized=False, single_word=True),
         AddedToken("<x>", normalized=False, special=True, lstrip=True, rstrip=True),
         AddedToken("<x><x>", normalized=False, special=True)]


def tokenizer(vocab, lower, strip, clean, cjk):
    made = Tokenizer(models.WordPiece({p: i for i, p in enumerate(vocab)}, unk_token="[UNK]",
                                      max_input_chars_per_word=20))
    made.normalizer = normalizers.BertNormalizer(
        clean_text=clean == "1", handle_chinese_chars=cjk == "1",
        strip_accents=None if strip == "-" else strip == "1", lowercase=lower == "1")
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.add_special_tokens([AddedToken(s, normalized=False, special=True) for s in SPECIAL])
    made.add_tokens(ADDED)
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return made


HOSTILE = [
    b"", b" ", b"\x00", b"a\x00b", b"\t\n\r\x0b\x0c\x7f", b"caf\xc3\xa9 CAF\xc3\x89 cafe\xcc\x81",
    "na\u00efve stra\u00dfe STRASSE \u1e9e".encode(), "\u0130stanbul \u0131I".encode(),
    "\u03a3\u1f54\u03c3\u03c5\u03c6\u03bf\u03c2 \u1f48\u03b4\u03c5\u03c3\u03c3\u03b5\u03cd\u03c2".encode(),
    "\u6f22\u5b57kanji\u65e5\u672c\u8a9e".encode(), "\ud55c\uad6d\uc5b4 \ud55c".encode(),
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627".encode(),
    "\U0001f642\U0001f44d\U0001f3fd \U0001f468\u200d\U0001f469\u200d\U0001f467".encode(),
    "a\u00a0b\u2003c\u3000d\u200be\ufefff\u0085g\u2028h".encode(), "\ufffd\ufdd0\ue000\U00010ffff".encode(),
    "\u0301\u0301a\u0327\u0301 \u302e\U0001d165\u0345".encode(), "a\u2014b\u00bfc\u3002d\u2e5de".encode(),
    b"\xff\xfe", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"a\xe4\xb8b", b"\xc0\xaf\xf8\x88", b"\xf4\x90\x80\x80x",
    b"[MASK][SEP] [mask] [ MASK ]", b"x[MASK]y", b"Hello World hello world helloworld", b"ab abc ab, _ab",
    b" <x> <x><x>  <x>y", b"a" * 20, b"a" * 21, b"unaffable tokenizer embeddings running",
    b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", b"don't stop... now", "\u0931\u0904\u09cb\u1100\u1161".encode(),
]


def random_texts(count):
    rng = random.Random(20)
    pools = ["abc ABC the flow. ", "\x00\x01\t\n\x7f\xa0\u200d\ufffd", "éÉè\u0301\u0327\u0323\u302e",
             "漢字한국\uac00", "İıßΣς", "!?.-_#"]
    spans = ["[MASK]", "Hello World", "hello world", "ab", "<x>", " ", "the", "é", "\u00a0", "x"]
    for i in range(count):
        if i % 3 == 0:
            text = "".join(rng.choice(spans) for _ in range(rng.randrange(1, 10)))
        else:
            text = "".join(rng.choice(rng.choice(pools)) for _ in range(rng.randrange(1, 20)))
        raw = bytearray(text.encode())
        if i % 5 == 4:
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        yield bytes(raw)


def case(made, rules, max_tokens, a, b):
    made.no_truncation()
    texts = [t.decode("utf-8", "replace") for t in (a, b) if t is not None]
    n_all = len(made.encode(*texts).ids)
    if max_tokens:
        made.enable_truncation(max_tokens, strategy="longest_first")
    got = made.encode(*texts)
    cells = [rules, str(max_tokens), a.hex(), "-" if b is None else b.hex(),
             " ".join(map(str, got.ids)), " ".join(map(str, got.type_ids)), str(n_all - len(got.ids))]
    return "\t".join(cells)


def main():
    vocab = vocabulary()
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "word_piece_vocab.txt").write_text("\n".join(vocab) + "\n")
    texts = HOSTILE + list(random_texts(150))
    lines = []
    for rules in ["1-11", "0-11", "1000", "0111", "0000"]:
        made = tokenizer(vocab, *rules)
        lines += [case(made, rules, 0, t, None) for t in texts]
    rng = random.Random(21)
    made = tokenizer(vocab, *"1-11")
    for _ in range(300):
        a = " ".join(rng.choice(WORDS) for _ in range(rng.randrange(0, 9))).encode()
        b = " ".join(rng.choice(WORDS) for _ in range(rng.randrange(0, 9))).encode()
        lines.append(case(made, "1-11", rng.randrange(3, 24), a, rng.choice([b, b, None])))
    (FOLDER / "word_piece_golden.txt").write_text("\n".join(lines) + "\n")
    print(f"{len(vocab)} pieces, {len(lines)} cases")


if __name__ == "__main__":
    main()
