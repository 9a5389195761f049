#!/usr/bin/env python3
"""Writes tests/data/tokenizer/pipeline_golden.json from huggingface/tokenizers: small tokenizers of
every component, alone and as model families combine them, and what they make of hostile texts.

{"texts": [text, ...],
 "models": {name: the "model" of a tokenizer.json, ...},
 "cases": [{"name", "file": the rest of a tokenizer.json, "model": name, "set": fields of the model,
            "ids": [[id, ...] per text], "decoded": [text, ...] or absent}, ...]}

usage: make_pipeline_golden.py     (needs the modules tokenizers and sentencepiece)
"""
import io
import json
import pathlib
import random

import sentencepiece
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers,
                        pre_tokenizers, processors, trainers)

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "tokenizer"
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
TAIL = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + TAIL
QWEN2 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + TAIL
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
GPT4O = (rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{CONTRACTIONS}?|"
         rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{CONTRACTIONS}?|\p{{N}}{{1,3}}|"
         r" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
DEEPSEEK_V3 = [r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+",
               r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|"""
               r"[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|"
               r"\s*[\r\n]+|\s+(?!\S)|\s+"]
DEEPSEEK_LLM = [r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", r"\s+$", "[一-龥ࠀ-一가-퟿]+", r"\p{N}"]
NOT_HAN = r"&&[^\p{Han}]]"
KIMI_K2 = (rf"[\p{{Han}}]+|[^\r\n\p{{L}}\p{{N}}]?{UPPER[:-1]}{NOT_HAN}*{LOWER[:-1]}{NOT_HAN}+{CONTRACTIONS}?|"
           rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER[:-1]}{NOT_HAN}+{LOWER[:-1]}{NOT_HAN}*{CONTRACTIONS}?|\p{{N}}{{1,3}}" + TAIL)
AFMOE = [r"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))",
         "[一-鿿㐀-䶿豈-\ufaff぀-ゟ゠-ヿ･-ﾟ⼀-\u2fdfเ-๿\u0e80-\u0effក-៿က-႟ꩠ-ꩿꧠ-\ua9ff가-\ud7afᄀ-ᇿ]+",
         DEEPSEEK_V3[2]]
LAGUNA = [r"[^\n]+|[\n]+", QWEN2]
CLIP = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
MARK = "\u2581"
CORPUS = ["the cat sat on the mat, and the dog didn't; we'll see", "  indented code = value[10]",
          "naïve café über straße", "漢字 かな 한국어", "12345 2024 3.14", "hello hello world worlds",
          "Привет мир", "😀 emoji"] * 20

TEXTS = [
    "", " ", "   ", "\n", "hello world", "Hello, World!  I'LL see 12345\n\n x", "a\tb\r\nc \n d  ",
    "  leading and trailing  ", "naïve cafe\u0301 ÜBER straße ẞ İstanbul Ǆ ΑΣ",
    "漢字かな交じり文 ｶﾞｷﾞ 한국어 \u1112\u1161\u11ab", "ﬁ ½ Ⅳ ① ² ﷺ \u2126 \u212b ﹏",
    "½\u0301 か\u3099 ²\u0301 ｶ\uff9e e\u0323\u0301 e\u0301\u0323 q\u0307\u0323",
    "a\u00a0b\u2003c\u3000d\u200be\u1680f\u2028g\u0085h\u180ei\ufeffj", "\x01\x07\x1b\x1f\x7f\x8f\x9f x",
    "👩\u200d👩\u200d👧\u200d👦 🏳\ufe0f\u200d🌈 🇩🇪🇫🇷 👍🏽 ☃\ufe0e", "مرحبا العالم ١٢٣ السَّلامُ",
    "हिन्दी क्षत्रिय ज़ाँ", "ไทยไม่มีวรรค", "עִבְרִית", "Ελληνικά ΣΊΣΥΦΟΣ", "Привет, мир! ё\u0308 й",
    "x" * 60, "ab" * 20 + "!" * 30, " " * 30 + "x" + "\n" * 5, "the-final--countdown---",
    "--a--", "snake_case camelCase HTTPServer v2.0.1", "1 22 333 4444 ½² ٣ 1,234,567.89 0x1F",
    "``quoted'' \"text\" 'single' don't DON'T", "£5 + €6 = $11 ^_^ ~|`<>", "a\u0301\u0301\u0301\u0316b",
    "\u0301start", "[MASK] <mask> </s> <s> [SEP]", "a<mask> b  <mask>  c", "Hello WorldHello world",
    "▁ a▁b ▁▁ c", "<0x41> <0xE9> ##a </w>", "\ufffd\ufffd a", "\U0001d7ce\U0001f9d1\U00020000 𝕳𝖊𝖑𝖑𝖔",
    "I\u017fs 's 'ſ", "line one\r\n\r\nline two\n\t\tend", "\u00ad soft\u00adhyphen \u2060", "e e\u0301 É",
    "   \n  \n   ", "http://a.b/c?d=e&f=%20#g", "\x00a\x00b", "aAbBcC",
]
WORDS = ["hello", " world", " ", "  ", "\n", "é", "e\u0301", "漢", "カ\u3099", "12", "!", "-", "the", "THE",
         "<mask>", "[SEP]", "\u2581", "\u00a0", "😀", "'s", "ﬁ", "x\u0323", "\t", "ab"]

# A small table of replacements, compiled by sentencepiece: source and target, as code points.
CHARSMAP = {"\u00a0": " ", "\u3000": " ", "\u200b": "", "\t": " ", "\n": " ", "\r": "", "\x01": "",
            "ﬁ": "fi", "½": "1\u20442", "Ⅳ": "IV", "①": "1", "²": "2", "ｶ": "カ", "ｷ": "キ", "ｶﾞ": "ガ",
            "か\u3099": "が", "e\u0301": "é", "\ufeff": "", "ﷺ": "صلى", "Ａ": "A", "\u2028": " ",
            "\uff9e": "\u3099", "\r\n": " ", "\u0085": " "}


def texts():
    rng = random.Random(5)
    return TEXTS + ["".join(rng.choice(WORDS) for _ in range(rng.randrange(2, 14))) for _ in range(12)]


def charsmap():
    path = pathlib.Path("/tmp/pipeline_golden_rules.tsv")
    path.write_text("".join(
        " ".join(f"{ord(c):04X}" for c in source) + "\t" + " ".join(f"{ord(c):04X}" for c in target) + "\n"
        for source, target in CHARSMAP.items()))
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=model, vocab_size=60, character_coverage=1.0,
        normalization_rule_tsv=str(path), minloglevel=2, hard_vocab_limit=False, num_threads=1)
    made = sentencepiece.sentencepiece_model_pb2.ModelProto() if hasattr(
        sentencepiece, "sentencepiece_model_pb2") else None
    if made is None:
        from sentencepiece import sentencepiece_model_pb2
        made = sentencepiece_model_pb2.ModelProto()
    made.ParseFromString(model.getvalue())
    return made.normalizer_spec.precompiled_charsmap


def spy_vocab():
    """A byte for all, a token for ASCII; "#" before all but the first character of a piece."""
    vocab = ["<unk>"] + [f"<0x{b:02X}>" for b in range(256)]
    for b in range(32, 127):
        vocab += [chr(b), "#" + chr(b)]
    return {token: i for i, token in enumerate(dict.fromkeys(vocab))}


def trained(model, trainer, pre=None):
    made = Tokenizer(model)
    if pre:
        made.pre_tokenizer = pre
    made.train_from_iterator(CORPUS, trainer)
    return json.loads(made.to_str())["model"]


def model_table():
    spy = models.BPE(vocab=spy_vocab(), merges=[], continuing_subword_prefix="#", byte_fallback=True,
                     unk_token="<unk>", fuse_unk=True)
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bytes_bpe = trained(models.BPE(), trainers.BpeTrainer(
        vocab_size=330, initial_alphabet=alphabet, special_tokens=["<s>", "</s>", "<unk>"],
        show_progress=False), byte_level)
    clip = trained(models.BPE(end_of_word_suffix="</w>"), trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=alphabet, end_of_word_suffix="</w>", special_tokens=["<unk>"],
        show_progress=False),
        pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(CLIP), "removed", True),
                                 pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))
    clip["unk_token"] = "<unk>"
    spm = trained(models.BPE(), trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)],
        show_progress=False), pre_tokenizers.Metaspace())
    spm.update(unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    words_bpe = trained(models.BPE(unk_token="<unk>"), trainers.BpeTrainer(
        vocab_size=120, special_tokens=["<unk>"], continuing_subword_prefix="##", show_progress=False),
        pre_tokenizers.Whitespace())
    words_bpe["unk_token"] = "<unk>"
    unigram = trained(models.Unigram(), trainers.UnigramTrainer(
        vocab_size=140, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"], unk_token="<unk>",
        show_progress=False), pre_tokenizers.Metaspace())
    bytes_unigram = json.loads(json.dumps(unigram))
    bytes_unigram["vocab"] += [[f"<0x{b:02X}>", 0.0] for b in range(256)]
    bytes_unigram["byte_fallback"] = True
    word_piece = trained(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(
        vocab_size=160, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        show_progress=False), pre_tokenizers.BertPreTokenizer())
    word_level = trained(models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(
        special_tokens=["<unk>"], show_progress=False), pre_tokenizers.Whitespace())
    probe = Tokenizer(spy)
    return {"spy": json.loads(probe.to_str())["model"], "bytes": bytes_bpe, "clip": clip, "spm": spm,
            "words": words_bpe, "unigram": unigram, "bytes_unigram": bytes_unigram,
            "word_piece": word_piece, "word_level": word_level}


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(pattern, behavior, invert)


def byte_writer():
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)


def sequence(*parts):
    kind = pre_tokenizers if isinstance(parts[0], pre_tokenizers.PreTokenizer) else normalizers
    return kind.Sequence(list(parts))


def normalizer_cases(small_map):
    n = normalizers
    yield "nfc", n.NFC()
    yield "nfd", n.NFD()
    yield "nfkc", n.NFKC()
    yield "nfkd", n.NFKD()
    yield "lowercase", n.Lowercase()
    yield "strip_accents", n.StripAccents()
    yield "nfd strip_accents lowercase", sequence(n.NFD(), n.StripAccents(), n.Lowercase())
    yield "strip", n.Strip()
    yield "strip left", n.Strip(left=True, right=False)
    yield "strip right", n.Strip(left=False, right=True)
    yield "replace string", n.Replace("a", "<A>")
    yield "replace string longer", n.Replace("--", "")
    yield "replace regex", n.Replace(Regex(r"\s{2,}|[\n\r\t]"), " ")
    yield "replace regex empty", n.Replace(Regex(r"x*"), "_")
    yield "replace lines", n.Replace(Regex(r"^\s*|\s+$"), "")
    yield "prepend", n.Prepend("_")
    yield "nmt", n.Nmt()
    yield "precompiled", n.Precompiled(small_map)
    yield "bert", n.BertNormalizer()
    yield "bert cased", n.BertNormalizer(lowercase=False, handle_chinese_chars=False)
    yield "bert accents", n.BertNormalizer(clean_text=False, strip_accents=False)
    yield "byte level normalizer", n.ByteLevel()


REGEXES = {
    "llama3": LLAMA3, "gpt4o": GPT4O, "kimi-k2": KIMI_K2, "han": r"\p{Han}+", "words": r"\w+", "not words": r"\W",
    "boundary": r"\b", "hex": r"\h+", "lines": r"(?m:.+)", "dollar": r"\s+$", "caret": r"^\w",
    "intersection": r"[a-z&&[^aeiou]]+", "nested": r"[a[bc]\d]+", "thousands": r"(?=(\d{3})+(?!\d))",
    "interval": r"\p{N}{1,3}+", "exact": r"l{2}?", "least": r"a{,2}b", "back": r"(\w)\1",
    "behind": r"(?<=\s)\S", "atomic": r"(?>a+)b", "unicode": r"[\u00e0-\u00ff]", "letters": r"\p{Letter}+",
    "upper": r"\p{Upper}\p{^Lu}", "empty": r"x*", "posix": r"[[:punct:]]+", "case": r"(?i)the|WORLD",
    "brace": r"a{b|}", "class": r"[\]\-\\^a]+", "negated": r"[^\s\w]+", "greek": r"[\p{Greek}\p{Cyrillic}]+",
}


def pre_tokenizer_cases():
    p = pre_tokenizers
    yield "bert words", p.BertPreTokenizer()
    yield "whitespace", p.Whitespace()
    yield "whitespace split", p.WhitespaceSplit()
    behaviors = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
    for behavior in behaviors:
        yield f"punctuation {behavior}", p.Punctuation(behavior)
        yield f"split - {behavior}", split("-", behavior)
        yield f"split - {behavior} inverted", split("-", behavior, True)
        yield f"split space {behavior}", split(Regex(r"\s"), behavior)
    yield "digits", p.Digits()
    yield "digits alone", p.Digits(individual_digits=True)
    yield "byte level", p.ByteLevel(add_prefix_space=False)
    yield "byte level prefix", p.ByteLevel(add_prefix_space=True)
    yield "byte level no regex", p.ByteLevel(add_prefix_space=True, use_regex=False)
    for scheme in ["always", "first", "never"]:
        for splits in [True, False]:
            yield f"metaspace {scheme} {splits}", p.Metaspace(prepend_scheme=scheme, split=splits)
    yield "metaspace _", p.Metaspace(replacement="_")
    yield "whitespace split metaspace first", sequence(p.WhitespaceSplit(),
                                                       p.Metaspace(prepend_scheme="first"))
    yield "digits byte level", sequence(p.Digits(), p.ByteLevel(add_prefix_space=True))
    yield "delimiter", p.CharDelimiterSplit("-")
    yield "fixed length", p.FixedLength(3)
    yield "unicode scripts", p.UnicodeScripts()
    for name, regex in REGEXES.items():
        yield f"regex {name}", split(Regex(regex))
    yield "regex clip", split(Regex(CLIP), "removed", True)
    for name, regexes in {"deepseek llm": DEEPSEEK_LLM, "afmoe": AFMOE, "laguna": LAGUNA}.items():
        yield name, sequence(*[split(Regex(r)) for r in regexes])


def template(single, pair, **ids):
    return processors.TemplateProcessing(single=single, pair=pair, special_tokens=list(ids.items()))


def roberta():
    return template("<s> $A </s>", "<s> $A </s> </s> $B </s>", **{"<s>": 0, "</s>": 2})


def metaspace_decoder():
    return decoders.Metaspace()


def spm_decoder():
    return decoders.Sequence([decoders.Replace(MARK, " "), decoders.ByteFallback(), decoders.Fuse()])


MASK = AddedToken("<mask>", lstrip=True, special=True)
ENDS = [AddedToken("<s>", special=True), AddedToken("</s>", special=True, normalized=False)]


def family_cases(small_map):
    n, p = normalizers, pre_tokenizers
    byte_decoder = decoders.ByteLevel()
    meta = p.Metaspace(prepend_scheme="always")
    unigram_words = sequence(p.WhitespaceSplit(), meta)
    bert_added = [AddedToken(t, special=True) for t in ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]]
    bert_template = template("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", **{"[CLS]": 2, "[SEP]": 3})
    yield "BERT", "word_piece", n.BertNormalizer(), p.BertPreTokenizer(), bert_template, None, bert_added
    yield ("MPNet", "word_piece", n.BertNormalizer(), p.BertPreTokenizer(), bert_template, None,
           bert_added + [MASK, AddedToken("Hello World", normalized=True),
                         AddedToken("the", single_word=True, rstrip=True)])
    yield "WordPiece of words", "word_piece", n.Lowercase(), p.WhitespaceSplit(), None, None, bert_added
    yield ("XLM-R", "unigram", n.Precompiled(small_map), unigram_words, roberta(), metaspace_decoder(),
           ENDS + [MASK])
    yield ("BGE-M3", "unigram", sequence(n.Precompiled(small_map), n.Replace(Regex(" {2,}"), " ")), meta,
           roberta(), metaspace_decoder(), ENDS + [MASK])
    yield "T5", "unigram", n.Precompiled(small_map), unigram_words, None, metaspace_decoder(), ENDS
    yield ("DeBERTa-v3", "bytes_unigram",
           sequence(n.Strip(), n.Precompiled(small_map), n.Replace(Regex(" {2,}"), " ")), meta, None,
           metaspace_decoder(), ENDS + [AddedToken("[MASK]", special=True, normalized=True)])
    yield ("ALBERT", "unigram",
           sequence(n.Replace("``", '"'), n.Replace("''", '"'), n.NFKD(), n.StripAccents(), n.Lowercase(),
                    n.Precompiled(small_map)), unigram_words, None, metaspace_decoder(), ENDS)
    yield "Unigram bare", "unigram", None, None, None, None, []
    yield ("Unigram nmt", "unigram", sequence(n.Nmt(), n.NFKC()), p.Metaspace(prepend_scheme="first"), None,
           metaspace_decoder(), ENDS)
    yield "GPT-2", "bytes", None, p.ByteLevel(add_prefix_space=False), None, byte_decoder, ENDS
    yield ("RoBERTa", "bytes", None, p.ByteLevel(add_prefix_space=True), roberta(), byte_decoder,
           ENDS + [MASK])
    yield ("Llama-3", "bytes", None, sequence(split(Regex(LLAMA3)), byte_writer()), None, byte_decoder, ENDS,
           {"ignore_merges": True})
    yield "Qwen2", "bytes", n.NFC(), sequence(split(Regex(QWEN2)), byte_writer()), None, byte_decoder, ENDS
    yield "GPT-4o", "bytes", None, sequence(split(Regex(GPT4O)), byte_writer()), None, byte_decoder, ENDS
    yield ("DeepSeek-V3", "bytes", None,
           sequence(*[split(Regex(r)) for r in DEEPSEEK_V3], byte_writer()), None, byte_decoder, ENDS)
    yield ("DeepSeek-LLM", "bytes", None,
           sequence(*[split(Regex(r)) for r in DEEPSEEK_LLM], byte_writer()), None, byte_decoder, ENDS)
    yield ("SmolLM", "bytes", None, sequence(p.Digits(individual_digits=True),
                                             p.ByteLevel(add_prefix_space=False)), None, byte_decoder, ENDS)
    yield ("Falcon", "bytes", None, sequence(p.Punctuation("contiguous"), p.ByteLevel(add_prefix_space=False),
                                             p.Digits(), split(Regex("[0-9][0-9][0-9]"))), None,
           byte_decoder, ENDS)
    yield ("BLOOM", "bytes", None, sequence(split(Regex(r" ?[^(\s|[.,!?…。，、।۔،])]+")), byte_writer()),
           None, byte_decoder, ENDS)
    yield ("ModernBERT", "bytes", n.NFC(), p.ByteLevel(add_prefix_space=False), roberta(), byte_decoder,
           ENDS + [MASK] + [AddedToken(" " * k, normalized=True) for k in range(2, 6)])
    yield ("Phi", "bytes", None, p.ByteLevel(add_prefix_space=False), None, byte_decoder,
           [AddedToken(" " * k, normalized=False) for k in range(2, 6)])
    yield ("CLIP", "clip", sequence(n.NFC(), n.Replace(Regex(r"\s+"), " "), n.Lowercase()),
           sequence(split(Regex(CLIP), "removed", True), byte_writer()), None, None, [])
    yield ("Mistral", "spm", sequence(n.Prepend(MARK), n.Replace(" ", MARK)), None, None, spm_decoder(), ENDS)
    yield ("Llama-2 metaspace", "spm", None, p.Metaspace(prepend_scheme="first", split=False), None,
           spm_decoder(), ENDS)
    yield ("Gemma", "spm", n.Replace(" ", MARK), split(" ", "merged_with_previous"), None, spm_decoder(),
           ENDS + [AddedToken("\n\n", normalized=False)])
    yield ("Phi-3", "spm", sequence(n.Prepend(MARK), n.Replace(" ", MARK)), None, None, spm_decoder(),
           ENDS + [AddedToken("<mask>", special=True, rstrip=True)])
    yield ("spm always", "spm", None, p.Metaspace(prepend_scheme="always", split=True), None, spm_decoder(),
           ENDS)
    yield ("spm without bytes", "spm", None, p.Metaspace(), None, None, ENDS,
           {"byte_fallback": False, "fuse_unk": False})
    yield "spm fused", "spm", None, p.Metaspace(), None, None, ENDS, {"byte_fallback": False}
    yield ("spm lost", "spm", None, p.Metaspace(), None, None, ENDS,
           {"byte_fallback": False, "unk_token": None})
    yield "Jina zh", "words", None, p.Whitespace(), None, None, []
    yield "Jina zh fused", "words", None, p.Whitespace(), None, None, [], {"fuse_unk": True}
    yield "WordLevel", "word_level", n.Lowercase(), p.Whitespace(), None, None, [MASK]


def case(name, table, model, file, changed, all_texts):
    file = {"version": "1.0", "truncation": None, "padding": None, **file}
    tokenizer = Tokenizer.from_str(json.dumps({**file, "model": {**table[model], **changed}}))
    ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in all_texts]
    made = {"name": name, "model": model, "set": changed,
            "file": {k: v for k, v in file.items() if v and k != "version"}, "ids": ids}
    if file["decoder"]:
        made["decoded"] = [tokenizer.decode(row, skip_special_tokens=False) for row in ids]
    return made


def file_of(normalizer=None, pre_tokenizer=None, processor=None, decoder=None, added=()):
    shell = Tokenizer(models.BPE())
    if normalizer:
        shell.normalizer = normalizer
    if pre_tokenizer:
        shell.pre_tokenizer = pre_tokenizer
    if processor:
        shell.post_processor = processor
    if decoder:
        shell.decoder = decoder
    made = json.loads(shell.to_str())
    del made["model"]
    return made


def added_tokens(tokens, model):
    """With the ids that the library gives: the vocabulary's own, or the next free ones."""
    shell = Tokenizer.from_str(json.dumps({"version": "1.0", "added_tokens": [], "model": model}))
    shell.add_tokens(tokens)
    return json.loads(shell.to_str())["added_tokens"]


def compact(golden):
    """JSON with a line for each text, model and case."""
    def line(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return ('{"texts":[\n' + ",\n".join(map(line, golden["texts"])) + '],\n"models":{\n' +
            ",\n".join(line(k) + ":" + line(v) for k, v in golden["models"].items()) + '},\n"cases":[\n' +
            ",\n".join(map(line, golden["cases"])) + "]}\n")


def main():
    table = model_table()
    small_map = charsmap()
    all_texts = texts()
    cases = []
    for name, normalizer in normalizer_cases(small_map):
        cases.append(case(name, table, "spy", file_of(normalizer=normalizer), {}, all_texts))
    for name, pre in pre_tokenizer_cases():
        cases.append(case(name, table, "spy", file_of(pre_tokenizer=pre), {}, all_texts))
    for name, model, normalizer, pre, processor, decoder, added, *changed in family_cases(small_map):
        changed = changed[0] if changed else {}
        file = file_of(normalizer, pre, processor, decoder)
        file["added_tokens"] = added_tokens(added, table[model])
        cases.append(case(name, table, model, file, changed, all_texts))
    golden = {"texts": all_texts, "models": table, "cases": cases}
    path = FOLDER / "pipeline_golden.json"
    path.write_text(compact(golden))
    print(f"{path}: {len(cases)} tokenizers, {len(all_texts)} texts, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
