#!/usr/bin/env python3
"""Writes tests/data/tokenizer/bpe_* from huggingface/tokenizers: small vocabularies and cases.

byte_bpe_vocab.txt, byte_bpe_merges.txt      byte-level BPE, in GPT-2's byte characters
spm_vocab.txt, spm_merges.txt                SentencePiece BPE with byte fallback
bpe_golden.txt                               rule, text in hex, bytes per word ('-': not words), ids

usage: make_bpe_golden.py     (needs the tokenizers module)
"""
import json
import pathlib
import random

from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers,
                        pre_tokenizers, trainers)

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "tokenizer"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
          r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
CORPUS = ["the cat sat on the mat, and the dog didn't; we'll see", "  indented\n\n\tcode = value[10]",
          "naïve café über straße", "漢字 かな 한국어", "12345 2024 3.14", "hello hello world worlds"] * 20


def byte_level():
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)


def split(pattern):
    return pre_tokenizers.Split(Regex(pattern), "isolated")


WORDS = {
    "gpt2": [pre_tokenizers.ByteLevel(add_prefix_space=False)],
    "llama3": [split(LLAMA3), byte_level()],
    "qwen2": [split(QWEN2), byte_level()],
    "smollm": [pre_tokenizers.Digits(individual_digits=True),
               pre_tokenizers.ByteLevel(add_prefix_space=False)],
}
SPANS = ["'s", "'S", "'\u017f", "'re", "'LL", "'d", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u2003",
         "\x85", "1", "12", "12345", "\u0663", "\u00bd", "a", "the", "hello", "\u00e9", "e\u0301",
         "\u6f22", "!", "...", "#", "_", "\U0001f642", "\u0301", "\u200b", "<|end|>", "\x00",
         "\ufffd", "world", "cat", "\U00010d40", "\u2581"]


def texts():
    rng = random.Random(9)
    yield from ["", " ", "\n", "   \n \n  x", "a" * 100, " " * 60, "hello world" * 8]
    for _ in range(250):
        yield "".join(rng.choice(SPANS) for _ in range(rng.randrange(1, 12)))


def trained(pre, trainer):
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre
    one_line = [text for text in CORPUS if "\n" not in text]  # Vocabularies are kept as lines.
    made.train_from_iterator(one_line, trainer)
    return json.loads(made.to_str())["model"]


def write(name, model):
    pieces = sorted(model["vocab"], key=model["vocab"].get)
    merges = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in model["merges"]]
    (FOLDER / f"{name}_vocab.txt").write_text("\n".join(pieces) + "\n")
    (FOLDER / f"{name}_merges.txt").write_text("".join(f"{a} {b}\n" for a, b in merges))
    return {p: i for i, p in enumerate(pieces)}, merges


def word_bytes(parts, text):
    sequence = pre_tokenizers.Sequence(parts)
    return " ".join(str(len(text[a:b].encode())) for _, (a, b) in sequence.pre_tokenize_str(text))


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = []
    vocab, merges = write("byte_bpe", trained(
        pre_tokenizers.Sequence(WORDS["gpt2"]),
        trainers.BpeTrainer(vocab_size=330, show_progress=False,
                            initial_alphabet=pre_tokenizers.ByteLevel.alphabet())))
    for rule, parts in WORDS.items():
        made = Tokenizer(models.BPE(vocab, merges, ignore_merges=rule == "llama3"))
        made.pre_tokenizer = pre_tokenizers.Sequence(parts)
        made.add_special_tokens([AddedToken("<|end|>", normalized=False, special=True)])
        if rule == "qwen2":
            made.normalizer = normalizers.NFC()
        for text in texts():
            words = "-" if rule == "qwen2" or "<|end|>" in text else word_bytes(parts, text)
            lines.append((rule, text, words, made.encode(text).ids))

    spm = trained(pre_tokenizers.Metaspace("\u2581"), trainers.BpeTrainer(
        vocab_size=400, show_progress=False,
        special_tokens=["<unk>", "<s>"] + [f"<0x{b:02X}>" for b in range(256)]))
    vocab, merges = write("spm", spm)
    for rule in ["spm_every", "spm_start", "spm_never"]:
        made = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", fuse_unk=True,
                                    byte_fallback=True))
        made.decoder = decoders.ByteFallback()
        replace = normalizers.Replace(" ", "\u2581")
        if rule == "spm_every":
            made.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), replace])
        elif rule == "spm_never":
            made.normalizer = replace
        else:
            made.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", prepend_scheme="first",
                                                          split=False)
        made.add_special_tokens([AddedToken("<|end|>", normalized=False, special=True)])
        lines += [(rule, text, "-", made.encode(text).ids) for text in texts()]
    rows = ["\t".join([rule, text.encode().hex(), words, " ".join(map(str, ids))])
            for rule, text, words, ids in lines]
    (FOLDER / "bpe_golden.txt").write_text("\n".join(rows) + "\n")
    print(f"{len(rows)} cases")


if __name__ == "__main__":
    main()
