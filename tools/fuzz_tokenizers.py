#!/usr/bin/env python3
"""Random hostile texts through our tokenizers and those they must equal: `tokenizers`, sentencepiece.

usage: fuzz_tokenizers.py --ids bench_tokenizer_ids [--texts 200000] [--seed 1] [--only NAME] SHARED
       (SHARED: the folder with data/tokenizers; needs tokenizers and sentencepiece)

Texts are pieces of many scripts, white space and control characters of every kind, combining marks,
the tokenizer's own special tokens and words, long runs, and bytes that are no UTF-8 (for the
reference: as errors="replace" reads them). A line per tokenizer: how many texts differ, and the
shortest of those. Exit 1 if any does.
"""
import argparse
import array
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import AddedToken, Tokenizer, normalizers, pre_tokenizers  # noqa: E402

import gguf_metadata  # noqa: E402
from make_tokenizer_files_golden import bert, byte_level, llama2  # noqa: E402

REPO = pathlib.Path(__file__).resolve().parent.parent
SCRIPTS = [(0x21, 0x7E), (0x21, 0x7E), (0xA1, 0x24F), (0x250, 0x2FF), (0x370, 0x3FF), (0x400, 0x52F),
           (0x531, 0x58F), (0x591, 0x5F4), (0x600, 0x6FF), (0x700, 0x7BF), (0x900, 0x97F),
           (0x980, 0x9FF), (0xB80, 0xBFF), (0xE01, 0xE5B), (0xF00, 0xFDA), (0x1000, 0x109F),
           (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x1200, 0x139F), (0x13A0, 0x13FF), (0x1780, 0x17F9),
           (0x1E00, 0x1FFF), (0x2010, 0x206F), (0x2070, 0x209C), (0x20A0, 0x20BF), (0x2100, 0x218F),
           (0x2190, 0x23FF), (0x2460, 0x24FF), (0x2500, 0x27BF), (0x2C00, 0x2DFF), (0x3001, 0x303F),
           (0x3041, 0x30FF), (0x3131, 0x318E), (0x31F0, 0x33FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
           (0xA000, 0xA4C6), (0xA640, 0xA7CA), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFB00, 0xFB4F),
           (0xFB50, 0xFDFF), (0xFE20, 0xFE6B), (0xFF01, 0xFFEE), (0x10300, 0x1034A),
           (0x10400, 0x1044F), (0x11000, 0x1107F), (0x12000, 0x12399), (0x1D400, 0x1D7FF),
           (0x1E900, 0x1E95F), (0x1F000, 0x1FAFF), (0x20000, 0x2A6DD), (0x2F800, 0x2FA1D)]
SPACES = [" "] * 8 + ["  ", "   ", "\t", "\n", "\n\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e",
                      "\x1f", "\x85", "\xa0", "\u1680", "\u180e", *map(chr, range(0x2000, 0x2010)),
                      "\u2028", "\u2029", "\u202f", "\u205f", "\u2060", "\u3000", "\ufeff", "\u2581",
                      "\u2581\u2581", "\u2800", "\u3164", "\u115f"]
CONTROLS = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\xad", "\u061c", "\u070f", "\u200b",
            "\u200c", "\u200d", "\u200e", "\u202a", "\u202e", "\u2061", "\u2066", "\ufe0e", "\ufe0f",
            "\ufff9", "\ufffc", "\ufffd", "\ufffe", "\uffff", "\ue000", "\uf8ff", "\U000e0001",
            "\U000e0061", "\U000f0000", "\U0010ffff", "\u0378", "\U0001fffe", "\U000e01ef"]
MARKS = [*map(chr, range(0x300, 0x370)), "\u0483", "\u0591", "\u05b0", "\u064b", "\u0670", "\u093c",
         "\u094d", "\u09bc", "\u0e38", "\u0e4d", "\u0f71", "\u1039", "\u1161", "\u11a8", "\u1dc0",
         "\u20d0", "\u20e3", "\u302a", "\u3099", "\u309a", "\ua66f", "\ufe20", "\uff9e", "\uff9f",
         "\U0001d165", "\U0001d16d", "\U0001e8d0", "\U0001f3fb", "\U0001f3ff"]
TRICKS = ["'s", "'S", "'ll", "'LL", "'\u017f", "don't", "I'Ve", "\u2019s", "ﬁ", "ﬃ", "½", "Ⅳ", "①", "²",
          "ﷺ", "ẞ", "ß", "İ", "ı", "Ǆ", "ς", "Σ", "K", "Å", "\u212b", "e\u0301", "q\u0307\u0323",
          "\u1112\u1161\u11ab", "👩\u200d👩\u200d👧", "🏳\ufe0f\u200d🌈", "🇩🇪", "👍🏽", "<0x41>", "<0x0A>", "##a",
          "[UNUSED1]", "<", ">", "|", "</", "1", "12", "123", "1234567", "٣", "1,234.5", "``", "''", "--",
          "...", "a", "A", "the", " the", "The", "HELLO", "hello", "camelCase", "snake_case", "\\n",
          "{\"a\": 1}", "http://a.b/c?d=e", "    def f(x):\n        return x"]
BROKEN = [b"\x80", b"\xbf", b"\xc0\x80", b"\xc3", b"\xe2\x82", b"\xe2\x28\xa1", b"\xed\xa0\x80", b"\xf0\x9f",
          b"\xf0\x9f\x98", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xff", b"\xfe", b"\xe0\x80\x80"]


def random_char(rng):
    kind = rng.random()
    if kind < 0.9:
        return chr(rng.randint(*rng.choice(SCRIPTS)))
    while True:
        c = rng.randrange(0x110000)
        if not 0xD800 <= c < 0xE000:
            return chr(c)


def piece(rng, own):
    kind = rng.random()
    if kind < 0.20:
        first, last = rng.choice(SCRIPTS)
        return "".join(chr(rng.randint(first, last)) for _ in range(rng.randint(1, 8)))
    if kind < 0.30:
        return random_char(rng)
    if kind < 0.48:
        return rng.choice(SPACES)
    if kind < 0.54:
        return rng.choice(CONTROLS)
    if kind < 0.64:
        return "".join(rng.choice(MARKS) for _ in range(1 if rng.random() < 0.8 else rng.randint(2, 40)))
    if kind < 0.78:
        return rng.choice(TRICKS)
    if kind < 0.97:
        return rng.choice(own)
    run = rng.choice((random_char, lambda r: r.choice(SPACES), lambda r: r.choice(TRICKS),
                      lambda r: r.choice(own)))(rng)
    return run * (rng.randint(2, 12) if rng.random() < 0.97 else rng.randint(50, 700))


def random_text(rng, own, breaks):
    """Bytes; not UTF-8 in one of eight texts where `breaks`."""
    n = rng.randint(1, 6) if rng.random() < 0.6 else rng.randint(1, 30)
    parts = [piece(rng, own).encode() for _ in range(n)]
    if breaks and rng.random() < 0.125:
        for _ in range(rng.randint(1, 3)):
            parts.insert(rng.randint(0, len(parts)), rng.choice(BROKEN))
    return b"".join(parts)


def ours(program, model, texts, *flags):
    sent = b"".join(struct.pack("<I", len(t)) + t for t in texts)
    done = subprocess.run([program, str(model), *flags], input=sent, stdout=subprocess.PIPE, check=True)
    flat = array.array("i", done.stdout)
    rows, at = [], 0
    while at < len(flat):
        rows.append(flat[at + 1:at + 1 + flat[at]].tolist())
        at += 1 + flat[at]
    return rows


def theirs(tokenizer, texts):
    if not isinstance(tokenizer, Tokenizer):  # sentencepiece
        return tokenizer.encode([t.decode() for t in texts], num_threads=1)
    decoded = [t.decode("utf-8", "replace") for t in texts]
    return [e.ids for at in range(0, len(decoded), 1000)
            for e in tokenizer.encode_batch(decoded[at:at + 1000], add_special_tokens=False)]


def words_of(tokenizer, rng):
    """Tokens as a text has them: the added ones, and some of the vocabulary."""
    if not isinstance(tokenizer, Tokenizer):
        pieces = [tokenizer.id_to_piece(i) for i in range(tokenizer.get_piece_size())]
        return ["<unk>", "<s>", "</s>", "[CLS]", "[SEP]", "[MASK]"] + [
            p.replace("\u2581", " ") for p in rng.sample(pieces, min(len(pieces), 2000))]
    added = [t.content for t in tokenizer.get_added_tokens_decoder().values()]
    vocab = sorted(tokenizer.get_vocab(with_added_tokens=False))
    some = rng.sample(vocab, min(len(vocab), 2000))
    plain = [w.replace("\u2581", " ").replace("\u0120", " ").replace("##", "") for w in some]
    return (added or ["<s>"]) * (1 + 500 // max(1, len(added))) + [w for w in plain if w]


def with_added(tokenizer, path):
    """The GGUF file's control and user's tokens."""
    file = gguf_metadata.read(path)
    kinds = list(zip(file["tokenizer.ggml.tokens"], file["tokenizer.ggml.token_type"]))
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t, kind in kinds
                                  if kind in (2, 3)])
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t, kind in kinds if kind == 4])
    return tokenizer


def modern_bert(path):
    made = byte_level(path, "gpt2", nfc=True)
    made.add_tokens([AddedToken(" " * k, normalized=True) for k in range(2, 25)])
    made.add_special_tokens([AddedToken("[CLS]", special=True), AddedToken("[SEP]", special=True),
                             AddedToken("[MASK]", special=True, lstrip=True)])
    return made


def gemma(folder, path):
    made = llama2(folder, path)
    made.normalizer = normalizers.Replace(" ", "\u2581")
    made.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    made.add_special_tokens([AddedToken(t, special=True, normalized=False)
                             for t in ["<unk>", "<s>", "</s>", "<start_of_turn>", "<end_of_turn>"]])
    made.add_tokens([AddedToken(t, normalized=False) for t in ["\n", "\n\n", "\n\n\n", "\u2581\u2581", "<h1>"]])
    return made


def xlm_r(t5):
    """T5's pieces behind XLM-R's rules."""
    file = json.loads(t5.read_text())
    file["added_tokens"] = [
        {"id": i, "content": c, "special": True, "single_word": False, "rstrip": False,
         "lstrip": c == "<mask>", "normalized": False}
        for i, c in [(0, "<pad>"), (1, "</s>"), (2, "<unk>"), (32100, "<mask>")]]
    file["normalizer"] = {"type": "Sequence", "normalizers": [
        file["normalizer"], {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]}
    file["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [
        {"type": "WhitespaceSplit"},
        {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}]}
    return Tokenizer.from_str(json.dumps(file))


def tokenizers_of(shared):
    """(name, reference, our model file or None: the reference's own tokenizer.json, flags)"""
    folder = shared / "data/tokenizers"
    vocab = lambda name: str(folder / f"ggml-vocab-{name}.gguf")
    wordpiece = with_added(bert(vocab("bert-bge")), vocab("bert-bge"))
    yield "WordPiece: bge, tokenizer.json", wordpiece, None
    yield "WordPiece: bge, GGUF", wordpiece, vocab("bert-bge")
    cased = with_added(bert(vocab("bert-bge")), vocab("bert-bge"))
    cased.normalizer = normalizers.BertNormalizer(lowercase=False)
    yield "WordPiece: cased", cased, None
    for name, words, nfc, whole in (("gpt-2", "gpt2", False, False), ("llama-bpe", "llama3", False, True),
                                    ("qwen2", "qwen2", True, False)):
        made = with_added(byte_level(vocab(name), words, nfc, whole), vocab(name))
        yield f"byte-level BPE: {name}, tokenizer.json", made, None
        yield f"byte-level BPE: {name}, GGUF", made, vocab(name)
    yield "byte-level BPE: ModernBERT", modern_bert(vocab("gpt-2")), None
    for name in ("tokenizer_roberta-base", "phi-2"):
        path = folder / f"hf/{name}_tokenizer.json"
        yield f"byte-level BPE: {name}", Tokenizer.from_file(str(path)), path
    spm = with_added(llama2(folder, vocab("llama-spm")), vocab("llama-spm"))
    yield "SentencePiece BPE: Llama 2, tokenizer.json", spm, None
    yield "SentencePiece BPE: Llama 2, GGUF", spm, vocab("llama-spm")
    yield "SentencePiece BPE: Gemma's rules", gemma(folder, vocab("llama-spm")), None
    t5 = folder / "hf/tokenizer_t5-small_tokenizer.json"
    yield "Unigram: T5", Tokenizer.from_file(str(t5)), t5
    yield "Unigram: XLM-R's rules", xlm_r(t5), None
    from sentencepiece import SentencePieceProcessor
    small = REPO / "tests/data/tokenizer/sentence_piece"
    for name, path in (("DeBERTa-v3", folder / "deberta-v3/spm.model"), ("small", small / "spm.model")):
        yield f"sentencepiece: {name}", SentencePieceProcessor(model_file=str(path)), path


def shown(text, want, got, tokenizer):
    if isinstance(tokenizer, Tokenizer):
        name = tokenizer.id_to_token
    else:
        name = tokenizer.id_to_piece
    try:
        return f"{text!r}\n    want {[name(i) for i in want]}\n    got  {[name(i) for i in got]}"
    except IndexError:
        return f"{text!r}\n    want {want}\n    got  {got}"


def compare(name, tokenizer, path, args):
    is_library = isinstance(tokenizer, Tokenizer)
    rng = random.Random(f"{args.seed} {name}")
    own = words_of(tokenizer, rng)
    n_differ, worst, done = 0, None, 0
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(path) if path else pathlib.Path(folder)
        if not path:
            tokenizer.save(f"{folder}/tokenizer.json")
        elif model.suffix != ".gguf":
            target = pathlib.Path(folder) / ("tokenizer.json" if is_library else model.name)
            target.symlink_to(model.resolve())
            model = pathlib.Path(folder)
        flags = [] if is_library else ["--as-text"]
        while done < args.texts:
            n = min(20000, args.texts - done)
            texts = [random_text(rng, own, is_library) for _ in range(n)]
            done += n
            for text, want, got in zip(texts, theirs(tokenizer, texts), ours(args.ids, model, texts, *flags)):
                if want != got:
                    n_differ += 1
                    if args.all:
                        print(shown(text, want, got, tokenizer))
                    if worst is None or len(text) < len(worst[0]):
                        worst = (text, want, got)
    print(f"{name}: {n_differ} of {done} differ", flush=True)
    if worst:
        print("  " + shown(*worst, tokenizer), flush=True)
    return n_differ


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ids", required=True)
    parser.add_argument("--texts", type=int, default=200000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", default="")
    parser.add_argument("--all", action="store_true", help="show every text that differs")
    parser.add_argument("shared", type=pathlib.Path)
    args = parser.parse_args()
    return sum(compare(*case, args) for case in tokenizers_of(args.shared) if args.only in case[0]) > 0


if __name__ == "__main__":
    sys.exit(main())
