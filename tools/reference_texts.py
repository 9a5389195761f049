"""The texts on which quern is held against other implementations: one place, used by every tool.

Sets come from the shared data folder (QUERN_SHARED, or `shared` beside the repository), except
the hostile ones, which are written out here.
"""
import hashlib
import json
import os
import pathlib

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent


def shared_folder(given: str | None = None) -> pathlib.Path:
    folder = pathlib.Path(given or os.environ.get("QUERN_SHARED") or REPOSITORY.parent / "shared")
    if not (folder / "data").is_dir():
        raise SystemExit(f"no data folder in '{folder}'; name the shared folder with --shared")
    return folder


def read_jsonl(path) -> list[dict]:
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def read_qrels(path) -> dict[str, dict[str, int]]:
    """query id -> document id -> gain"""
    gains: dict[str, dict[str, int]] = {}
    with open(path, encoding="utf-8") as f:
        next(f)
        for line in f:
            query, document, gain = line.rstrip("\n").split("\t")
            gains.setdefault(query, {})[document] = int(gain)
    return gains


def scifact_text(row: dict) -> str:
    return f"{row['title']} {row['text']}"  # As BEIR joins them.


def scifact_queries(data: pathlib.Path) -> list[dict]:
    judged = read_qrels(data / "scifact/qrels.tsv")
    return [r for r in read_jsonl(data / "scifact/queries.jsonl") if r["_id"] in judged]


def sts_sentences(data: pathlib.Path) -> list[str]:
    """Each distinct sentence once, in order of appearance."""
    rows = read_jsonl(data / "sts/sts.jsonl")
    return list(dict.fromkeys(s for r in rows for s in (r["s1"], r["s2"])))


def hostile_texts() -> list[str]:
    """What a JSON file can carry as text and a tokenizer must survive."""
    word = "aerodynamics "
    return [
        "", " ", "\t\n\r\f\v", "\u00a0\u2003\u3000", ".", "a", "#", "##", "##ing", "[SEP]",
        "[CLS] hidden [SEP] [MASK] [PAD] [UNK]", "[sep] [Sep]", "x[MASK]y", "[SEP", "SEP]",
        "NUL \0 inside \0\0 and \0", "\0", "\x01\x02\x7f\x80\x9f controls", "\ufeffa byte order mark",
        "\ufffd \ufffe \uffff replacement and noncharacters", "soft\u00adhyphen zero\u200bwidth\u200djoin",
        "line\u2028separator\u2029paragraph", "tabs\tand\nnew\r\nlines",
        "😀", "👩‍👩‍👧‍👦 family 🏳️‍🌈 flag 🇩🇪🇫🇷 👍🏽", "I ❤️ C++ ☃ ✈ ©®™", "🤖" * 400,
        "مرحبا بالعالم، كيف حالك؟", "שלום עולם, מה שלומך?", "english \u202eright to left\u202c again",
        "e\u0301\u0302\u0303 u\u0308ber \u0041\u030a naïve café Ångström", "z\u0351\u036b\u0343a\u0334l\u0320g\u0323o\u0489" * 30,
        "\u0301", "\u0301\u0302\u0303", "İstanbul ISPARTA ıssız ŞEKER", "Straße GROẞ ﬁne ﬂuﬀy ŉ ǆ", "ΑΣ Σίσυφος ὈΔΥΣΣΕΎΣ",
        "中文字符測試 漢字かな交じり文 カタカナ", "한국어 문장입니다 \u1112\u1161\u11ab", "ไทยไม่มีช่องว่าง", "हिन्दी में लिखा हुआ वाक्य", "Ελληνικά русский ўзбек",
        "𝕳𝖊𝖑𝖑𝖔 𝐦𝐚𝐭𝐡 ①②③ ½ ² ₃ ™ ﷺ", "\U00020000\U0002a6d6 rare ideographs \U0002f800", "\ue000\uf8ff\U000f0000 private use", "\U000e0041\U000e0001 tags",
        "a" * 99, "a" * 100, "a" * 101, "a" * 10000, "é" * 100, "é" * 101, "!" * 1000, "-" * 10000, " " * 10000,
        (word * 800)[:10000], ("日本語" * 3334)[:10000], ("mixed 😀 مرحبا 中文 e\u0301 \0 [SEP] " * 400)[:10000],
        "'\"\\/\b\f\n\r\t$`~^+=<>|", "don't can't it's o'clock 'quoted' “smart” ‘quotes’ – — …",
        "https://example.org/a?b=c&d=%20#e user@host.tld C:\\path\\file.txt", "3.14159 -1e-10 1,000,000 0x7f 1/2 50% $5 €6 ₿",
        "int main() { return x[i] << 2; } // comment", "UPPER lower MiXeD cAsE", "one\u0000two\u00a0three\u200bfour\u2060five",
        "{\"text\": \"json in json\"}", "unaffable unaffableness antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
    ]


def hostile_bytes() -> list[bytes]:
    """Lines of a plain file that are not valid UTF-8; each reads as decode(errors="replace")."""
    return [
        b"plain valid line", b"\xff", b"\xff\xfe\xfd", b"abc \x80 def", b"cut short \xe2\x82", b"cut \xf0\x9f\x98 emoji",
        b"overlong \xc0\xaf \xe0\x80\xaf \xf0\x80\x80\xaf", b"surrogate \xed\xa0\x80 \xed\xbf\xbf", b"too high \xf4\x90\x80\x80 \xf5\x80",
        b"latin-1 caf\xe9 na\xefve", b"stray \xc3( and \xe2(\xa1", b"NUL \x00 byte", b"\xc3", b"ok \xc3\xa9 \xc3 \xc3\xa9", b"\x80" * 300,
        b"mixed \xf0\x9f\x98\x80 \xd8\xa7 \xff \xe4\xb8\xad\xe6\x96\x87 \xe4\xb8",
    ]


def text_sets(shared: pathlib.Path) -> dict[str, list[str]]:
    data = shared / "data"
    return {
        "hostile": hostile_texts(),
        "hostile_bytes": [b.decode("utf-8", "replace") for b in hostile_bytes()],
        "cranfield_queries": [r["text"] for r in read_jsonl(data / "cranfield/queries.jsonl")],
        "scifact_queries": [r["text"] for r in scifact_queries(data)],
        "cranfield": [r["text"] for r in read_jsonl(data / "cranfield/corpus.jsonl")],
        "sts": sts_sentences(data),
        "scifact": [scifact_text(r) for r in read_jsonl(data / "scifact/corpus.jsonl")],
    }


def pair_sets(shared: pathlib.Path) -> dict[str, list[dict]]:
    """Premise, hypothesis and label of the entailment sets."""
    data = shared / "data/nli"
    return {
        "sick_trial": read_jsonl(data / "sick_trial.jsonl"),
        "rte": read_jsonl(data / "rte_dev.jsonl") + read_jsonl(data / "rte_train.jsonl"),
    }


def digest(items: list) -> str:
    """Of a list of strings (or tuples of them); changes when any of them does."""
    h = hashlib.sha256()
    for item in items:
        h.update(json.dumps(item).encode() + b"\n")
    return h.hexdigest()
