#!/usr/bin/env python3
"""Writes tests/data/tokenizer/long_text_golden.txt: what huggingface/tokenizers makes of a book.

One line per tokenizer file: its name, the number of ids of war-and-peace.txt (no template tokens),
and the SHA-256 of those ids as little-endian int32. Vocabularies come from the GGUF files; rules
from the published tokenizer.json of the same models.

usage: make_tokenizer_files_golden.py SHARED/data/tokenizers    (needs tokenizers)
"""
import array
import hashlib
import json
import pathlib
import sys

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

import gguf_metadata
from make_bpe_golden import WORDS

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests/data/tokenizer/long_text_golden.txt"


def strings(path, key):
    return gguf_metadata.read(path)[key]


def byte_level(path, words, nfc=False, whole_words=False):
    vocab = {token: i for i, token in enumerate(strings(path, "tokenizer.ggml.tokens"))}
    merges = [tuple(m.split(" ")) for m in strings(path, "tokenizer.ggml.merges")]
    made = Tokenizer(models.BPE(vocab, merges, ignore_merges=whole_words))
    made.pre_tokenizer = pre_tokenizers.Sequence(WORDS[words])
    if nfc:
        made.normalizer = normalizers.NFC()
    return made


def llama2(folder, vocab_from):
    """The published file lost its no-break spaces to plain ones: they come from the GGUF."""
    vocab = {t: i for i, t in enumerate(strings(vocab_from, "tokenizer.ggml.tokens"))}
    published = json.loads((folder / "hf/llama2_tokenizer.json").read_text())
    mend = {"   ": "\u00a0 \u00a0", "     ": "\u00a0\u00a0 \u00a0\u00a0", "\u2581  ": "\u2581 \u00a0"}
    merges = [tuple(mend.get(m, m).split(" ")) for m in published["model"]["merges"]]
    made = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"),
                                            normalizers.Replace(" ", "\u2581")])
    return made


def bert(path):
    tokens = strings(path, "tokenizer.ggml.tokens")
    bare = [t[1:] if t.startswith("\u2581") else t if t[:1] == "[" and t[-1:] == "]" else "##" + t
            for t in tokens]
    made = Tokenizer(models.WordPiece({t: i for i, t in enumerate(bare)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made


def tokenizers_of(folder):
    vocab = lambda name: str(folder / f"ggml-vocab-{name}.gguf")
    yield "ggml-vocab-bert-bge.gguf", bert(vocab("bert-bge"))
    yield "ggml-vocab-gpt-2.gguf", byte_level(vocab("gpt-2"), "gpt2")
    yield "ggml-vocab-llama-bpe.gguf", byte_level(vocab("llama-bpe"), "llama3", whole_words=True)
    yield "ggml-vocab-qwen2.gguf", byte_level(vocab("qwen2"), "qwen2", nfc=True)
    yield "ggml-vocab-llama-spm.gguf", llama2(folder, vocab("llama-spm"))
    yield "ggml-vocab-phi-3.gguf", llama2(folder, vocab("phi-3"))
    for name in ("phi-2", "tokenizer_roberta-base", "tokenizer_t5-small"):
        file = f"hf/{name}_tokenizer.json"
        yield file, Tokenizer.from_file(str(folder / file))


def main():
    folder = pathlib.Path(sys.argv[1])
    book = (folder / "war-and-peace.txt").read_bytes().decode()
    lines = ["# file, ids of war-and-peace.txt, sha256 of them as int32: make_tokenizer_files_golden.py"]
    for name, tokenizer in tokenizers_of(folder):
        ids = array.array("i", tokenizer.encode(book, add_special_tokens=False).ids)
        lines.append(f"{name} {len(ids)} {hashlib.sha256(ids.tobytes()).hexdigest()}")
        print(lines[-1], flush=True)
    OUT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
