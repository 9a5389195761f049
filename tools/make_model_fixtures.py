#!/usr/bin/env python3
"""Makes the tiny random models of tests/data/models and their golden outputs.

usage: make_model_fixtures.py [OUT]      needs torch, transformers, tokenizers, safetensors

Each folder is laid out like a published model and holds golden.json: token ids, and vectors or
logits computed by transformers in double precision from the stored (f32, f16, bf16) weights, one
text at a time, so without padding. Not needed to build or to run the tests.
"""
import json
import pathlib
import shutil
import sys

import torch
from safetensors.torch import save_file
from tokenizers import (Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
                        trainers)
from transformers import (BertConfig, BertForSequenceClassification, BertModel, RobertaConfig,
                          RobertaForSequenceClassification, RobertaModel)

WORDS = """the a an and or not of to in on at is are was were be has have had it this that with for
from by as he she they we you i man woman people child dog cat bird water air heat flow wing speed
high low small large new old first last time day year work world house city river road car plane
play plays run walk talk read write eat sleep see say think know make give take find use used
model text word search query paper code function return value number list file data test result
boundary layer pressure temperature body surface theory method problem question answer what which
how why when where who no yes good bad very more most less than between over under after before
red green blue white black two three four five ten quick brown fox jump lazy don can will would
un re pre dis inter over anti super""".split()
SUFFIXES = "s es ed ing er est ly ness ment tion ation able al ity ive ful less ize ion ic ous".split()
PLAIN = "abcdefghijklmnopqrstuvwxyz0123456789"
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
OTHER = ["ß", "é", "中", "文", "日", "本", "語", "я", "д", "א", "م", "£", "€", "°", "…", "—", "😀"]
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

TEXTS = [
    "The boundary layer flow over a wing at high speed.",
    "Why is the answer not what people think?",
    "a",
    "",
    " \t\n ",
    "Unplayable réplay: NAÏVE façade, ﬁne",
    "日本語の文 and 中文 text",
    "😀 emoji 👩‍👩‍👧 family ❤️",
    "שלום مرحبا עולם",
    "e\u0301a\u0308 combining\u200b zero\u00adwidth \u0000nul\ufffd end\u0007bell",
    "[CLS] special [SEP] tokens [MASK] in text[PAD] [cls]",
    "word " * 200,
    "x" * 150 + " surfaces",
    "don't re-read: 3.14159 != 22/7 (see §4, p. 12) £5 — €6…",
]
PAIRS = [
    ("A man is walking a dog.", "A person is with an animal."),
    ("The cat sleeps.", ""),
    ("", "No text before."),
    ("long first " * 40, "short second"),
    ("short first", "long second text " * 40),
    ("long first " * 40, "long second text " * 40),
    ("日本 [SEP] text", "😀 [MASK]"),
]


def vocabulary():
    tokens = SPECIALS + sorted(set(WORDS)) + ["##" + s for s in SUFFIXES]
    tokens += list(PLAIN + PUNCTUATION) + ["##" + c for c in PLAIN] + OTHER
    return list(dict.fromkeys(tokens))


def make_tokenizer(vocab):
    tokenizer = Tokenizer(models.WordPiece({t: i for i, t in enumerate(vocab)}, unk_token="[UNK]",
                                           max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.add_special_tokens(SPECIALS)
    return tokenizer


def randomise(model, seed):
    """Weights large enough that attention, biases and norms all matter to the result."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if "LayerNorm.weight" in name:
                p.copy_(1 + 0.2 * noise)
            elif "embeddings" in name:
                p.copy_(noise)
            elif p.dim() == 1:
                p.copy_(0.2 * noise)
            else:
                p.copy_(noise * 1.5 / p.shape[-1] ** 0.5)


def save_weights(folder, model, dtype, n_shards):
    tensors = {k: v.to(dtype).contiguous() for k, v in model.state_dict().items()
               if not k.endswith("position_ids")}
    if n_shards == 1:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return
    names = sorted(tensors)
    weight_map = {}
    for i in range(n_shards):
        file = f"model-{i + 1:05}-of-{n_shards:05}.safetensors"
        part = names[i::n_shards]
        save_file({k: tensors[k] for k in part}, folder / file, metadata={"format": "pt"})
        weight_map |= {k: file for k in part}
    total = sum(t.numel() * t.element_size() for t in tensors.values())
    write_json(folder / "model.safetensors.index.json",
               {"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))})


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_golden(folder, facts, cases):
    """One case per line, so that a difference is readable."""
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    head = json.dumps(facts)[:-1]
    (folder / "golden.json").write_text(f'{head}, "cases": [\n{lines}\n]}}\n')


def numbers(tensor):
    return [float(f"{v:.9g}") for v in tensor.flatten().tolist()]


def encode(tokenizer, text, pair, max_tokens):
    tokenizer.no_truncation()
    full = len(tokenizer.encode(text, pair).ids)
    tokenizer.enable_truncation(max_tokens, strategy="longest_first")
    encoding = tokenizer.encode(text, pair)
    case = {"text": text} | ({} if pair is None else {"text_pair": pair})
    return case | {"ids": encoding.ids, "type_ids": encoding.type_ids,
                   "n_dropped": full - len(encoding.ids)}


def forward(model, case):
    with torch.no_grad():
        return model(input_ids=torch.tensor([case["ids"]]),
                     token_type_ids=torch.tensor([case["type_ids"]]))


def pool(hidden, pooling):
    return {"mean": hidden.mean(0), "cls": hidden[0], "max": hidden.max(0).values}[pooling]


def make_config(sizes, n_vocab):
    return BertConfig(vocab_size=n_vocab, hidden_size=sizes["d_model"],
                      num_hidden_layers=sizes["n_layers"], num_attention_heads=sizes["n_heads"],
                      intermediate_size=sizes["d_ff"], max_position_embeddings=64,
                      layer_norm_eps=1e-12, hidden_act=sizes.get("act", "gelu"),
                      attn_implementation="eager")


def write_config(folder, config, architecture, dtype, extra):
    value = {"architectures": [architecture], "model_type": "bert", "torch_dtype": dtype,
             "hidden_act": config.hidden_act, "hidden_size": config.hidden_size,
             "intermediate_size": config.intermediate_size,
             "layer_norm_eps": config.layer_norm_eps,
             "max_position_embeddings": config.max_position_embeddings,
             "num_attention_heads": config.num_attention_heads,
             "num_hidden_layers": config.num_hidden_layers, "pad_token_id": 0,
             "position_embedding_type": "absolute", "type_vocab_size": 2,
             "vocab_size": config.vocab_size}
    write_json(folder / "config.json", value | extra)


def write_tokenizer(folder, tokenizer, vocab, form):
    write_json(folder / "tokenizer_config.json",
               {"do_lower_case": True, "strip_accents": None, "tokenize_chinese_chars": True,
                "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]",
                "cls_token": "[CLS]", "mask_token": "[MASK]", "tokenizer_class": "BertTokenizer",
                "model_max_length": 64})
    if form == "vocab.txt":
        (folder / "vocab.txt").write_text("".join(t + "\n" for t in vocab))
    else:
        tokenizer.no_truncation()
        (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=False))


ROBERTA_SPECIALS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def make_roberta_tokenizer():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        TEXTS + [a + " " + b for a, b in PAIRS] + [" ".join(WORDS)],
        trainers.BpeTrainer(vocab_size=420, special_tokens=ROBERTA_SPECIALS, show_progress=False,
                            initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", tokenizer.token_to_id("</s>")), ("<s>", tokenizer.token_to_id("<s>")),
        trim_offsets=True, add_prefix_space=False)
    return tokenizer


def make_roberta(out, name, sizes, seed, classifies):
    """Positions from behind the padding token's row, a head of its own; ids of padding in the middle
    of a text, as nobody's tokenizer gives them, hold the rule for them."""
    folder = fresh(out / name)
    tokenizer = make_roberta_tokenizer()
    config = RobertaConfig(vocab_size=tokenizer.get_vocab_size(), hidden_size=sizes["d_model"],
                           num_hidden_layers=sizes["n_layers"],
                           num_attention_heads=sizes["n_heads"], intermediate_size=sizes["d_ff"],
                           max_position_embeddings=66, layer_norm_eps=1e-5, type_vocab_size=1,
                           pad_token_id=1, bos_token_id=0, eos_token_id=2, num_labels=1,
                           attn_implementation="eager")
    kind = RobertaForSequenceClassification if classifies else RobertaModel
    model = kind(config, **({} if classifies else {"add_pooling_layer": False})).eval()
    randomise(model, seed)
    labels = {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}} if classifies else {}
    write_json(folder / "config.json",
               {"architectures": [kind.__name__], "model_type": "roberta", "torch_dtype": "float32",
                "hidden_act": "gelu", "hidden_size": config.hidden_size,
                "intermediate_size": config.intermediate_size, "layer_norm_eps": 1e-5,
                "max_position_embeddings": 66, "num_attention_heads": config.num_attention_heads,
                "num_hidden_layers": config.num_hidden_layers, "pad_token_id": 1,
                "bos_token_id": 0, "eos_token_id": 2, "type_vocab_size": 1,
                "vocab_size": config.vocab_size} | labels)
    write_json(folder / "tokenizer_config.json",
               {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>",
                "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>",
                "tokenizer_class": "RobertaTokenizer", "model_max_length": 64})
    (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=False))
    if not classifies:
        write_modules(folder, "mean", True, "old", config.hidden_size)
    save_weights(folder, model, torch.float32, 1)

    model = model.double()
    cases = []
    limit = 64 if classifies else 48
    for text, pair in [(t, None) for t in TEXTS] + (PAIRS if classifies else []):
        cases.append(encode(tokenizer, text, pair, limit))
    padded = [0, 100, 1, 200, 1, 1, 300, 2]
    cases.append({"text": "", "ids": padded, "type_ids": [0] * len(padded), "n_dropped": 0,
                  "ids_only": True})
    for case in cases:
        with torch.no_grad():
            # All tokens attend; a pad is one by its id only where positions are counted.
            result = model(input_ids=torch.tensor([case["ids"]]),
                           attention_mask=torch.ones(1, len(case["ids"]), dtype=torch.long))
        if classifies:
            case["logits"] = numbers(result.logits)
        else:
            vector = pool(result.last_hidden_state[0], "mean")
            case["vector"] = numbers(vector / vector.norm())
    facts = {"max_tokens": limit} | ({} if classifies else {"pooling": "mean", "normalize": True,
                                                            "prompt": ""})
    write_golden(folder, facts, cases)


def write_modules(folder, pooling, normalize, form, d_model):
    prefix = {"old": ("sentence_transformers.models.",) * 3,
              "new": ("sentence_transformers.base.modules.transformer.",
                      "sentence_transformers.sentence_transformer.modules.pooling.",
                      "sentence_transformers.sentence_transformer.modules.normalize.")}[form]
    modules = [("", "Transformer"), ("1_Pooling", "Pooling")]
    modules += [("2_Normalize", "Normalize")] if normalize else []
    write_json(folder / "modules.json",
               [{"idx": i, "name": str(i), "path": path, "type": prefix[i] + kind}
                for i, (path, kind) in enumerate(modules)])
    (folder / "1_Pooling").mkdir()
    if form == "old":
        flags = {"cls": "cls_token", "mean": "mean_tokens", "max": "max_tokens"}
        value = {"word_embedding_dimension": d_model}
        value |= {"pooling_mode_" + flag: kind == pooling for kind, flag in flags.items()}
        value |= {"pooling_mode_mean_sqrt_len_tokens": False}
    else:
        value = {"embedding_dimension": d_model, "pooling_mode": pooling, "include_prompt": True}
    write_json(folder / "1_Pooling" / "config.json", value)
    write_json(folder / "sentence_bert_config.json",
               {"max_seq_length": 48, "do_lower_case": False})


def make_embedder(out, name, sizes, seed, pooling, dtype="float32", n_shards=1, normalize=True,
                  tokenizer_form="tokenizer.json", modules_form="old", prompts=None):
    folder = fresh(out / name)
    vocab = vocabulary()
    tokenizer = make_tokenizer(vocab)
    config = make_config(sizes, len(vocab))
    model = BertModel(config, add_pooling_layer=False).eval()
    randomise(model, seed)
    model = model.to(getattr(torch, dtype))
    write_config(folder, config, "BertModel", dtype, {})
    write_tokenizer(folder, tokenizer, vocab, tokenizer_form)
    write_modules(folder, pooling, normalize, modules_form, config.hidden_size)
    if prompts:
        write_json(folder / "config_sentence_transformers.json",
                   {"prompts": prompts, "default_prompt_name": "document"})
    save_weights(folder, model, getattr(torch, dtype), n_shards)

    model = model.double()
    cases = []
    prompt = (prompts or {}).get("document", "")
    for text in TEXTS:
        case = encode(tokenizer, prompt + text, None, 48)
        case["text"] = text
        vector = pool(forward(model, case).last_hidden_state[0], pooling)
        if normalize:
            vector = vector / vector.norm()
        cases.append(case | {"vector": numbers(vector)})
    facts = {"max_tokens": 48, "pooling": pooling, "normalize": normalize, "prompt": prompt}
    write_golden(folder, facts, cases)


def make_classifier(out, name, sizes, seed):
    folder = fresh(out / name)
    vocab = vocabulary()
    tokenizer = make_tokenizer(vocab)
    config = make_config(sizes, len(vocab))
    config.num_labels = 3
    model = BertForSequenceClassification(config).eval()
    randomise(model, seed)
    labels = {"0": "contradiction", "1": "entailment", "2": "neutral"}
    write_config(folder, config, "BertForSequenceClassification", "float32",
                 {"id2label": labels, "label2id": {v: int(k) for k, v in labels.items()}})
    write_tokenizer(folder, tokenizer, vocab, "tokenizer.json")
    save_weights(folder, model, torch.float32, 1)

    model = model.double()
    cases = []
    for text, pair in [(t, None) for t in TEXTS] + PAIRS:
        case = encode(tokenizer, text, pair, 64)
        cases.append(case | {"logits": numbers(forward(model, case).logits)})
    write_golden(folder, {"max_tokens": 64}, cases)


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests" / "data" / "models"
    even = {"d_model": 32, "n_layers": 2, "n_heads": 4, "d_ff": 64}
    odd = {"d_model": 48, "n_layers": 3, "n_heads": 3, "d_ff": 80}
    wide = {"d_model": 36, "n_layers": 1, "n_heads": 2, "d_ff": 52, "act": "relu"}
    small = {"d_model": 36, "n_layers": 2, "n_heads": 3, "d_ff": 52}
    for dtype, short in (("float32", "f32"), ("float16", "f16"), ("bfloat16", "bf16")):
        make_embedder(out, f"tiny-mean-{short}", even, 1, "mean", dtype)
    make_embedder(out, "tiny-cls", odd, 2, "cls", "float16", tokenizer_form="vocab.txt",
                  prompts={"query": "search query: ", "document": "text: "})
    make_embedder(out, "tiny-max", wide, 3, "max", normalize=False, modules_form="new")
    make_embedder(out, "tiny-sharded", even | {"act": "gelu_new"}, 4, "mean", n_shards=3)
    make_classifier(out, "tiny-nli", small, 5)
    make_roberta(out, "tiny-roberta", small, 6, classifies=False)
    make_roberta(out, "tiny-roberta-cross", even, 7, classifies=True)


if __name__ == "__main__":
    main()
