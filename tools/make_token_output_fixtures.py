#!/usr/bin/env python3
"""Makes tiny models in tests/data/models that make a vector for each token or weights of terms.

usage: make_token_output_fixtures.py [OUT]   needs torch, transformers, sentence-transformers 6, tokenizers

golden.json of late interaction (tiny-late*): ids, rows and scores of sentence-transformers'
MultiVectorEncoder; of sparse models (tiny-splade*): the terms and weights of its SparseEncoder;
both in double precision, one text at a time. Of tiny-m3, whose library is FlagEmbedding: what its
BGEM3Model computes, spelt out below. tiny-late and tiny-splade are trained a
little, to find a text by some of its tokens; the others are random. Not needed to build or to run the tests.
"""
import json
import pathlib
import string
import sys

import torch
import transformers
from safetensors.torch import load_file, save_file
from sentence_transformers import MultiVectorEncoder, SentenceTransformer, SparseEncoder, models
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.multi_vector_encoder.modules import MultiVectorMask
from sentence_transformers.sparse_encoder.modules import MLMTransformer, SpladePooling
from tokenizers import AddedToken

from make_family_fixtures import randomise
from make_model_fixtures import (TEXTS, fresh, make_roberta_tokenizer, make_tokenizer, numbers,
                                 vocabulary, write_golden, write_json, write_tokenizer)
from train_tiny import random_ids, train

D = 24
LIMIT = 40
QUERIES = ["why is the answer not what people think?", "a", "word " * 60, "x, y: z!"]
DOCUMENTS = [TEXTS[0], TEXTS[5], TEXTS[8], TEXTS[11], TEXTS[13], "!?"]
SPARSE_TEXTS = [TEXTS[0], TEXTS[2], TEXTS[6], TEXTS[11], TEXTS[13]]


def bert(folder, seed, kind=transformers.BertModel, markers=(), n_vocab=0):
    """A BERT of one head and two layers; `markers` are added to its vocabulary."""
    vocab = vocabulary()
    tokenizer = make_tokenizer(vocab)
    tokenizer.add_special_tokens([AddedToken(m, normalized=False) for m in markers])
    config = transformers.BertConfig(
        vocab_size=n_vocab or len(vocab) + len(markers), hidden_size=D, num_hidden_layers=2,
        num_attention_heads=1, intermediate_size=36, max_position_embeddings=64,
        attn_implementation="eager")
    model = kind(config, **({"add_pooling_layer": False} if kind is transformers.BertModel else {}))
    randomise(model, seed)
    model.half().save_pretrained(folder)
    write_tokenizer(folder, tokenizer, vocab, "tokenizer.json")
    return model


def dense(n_in, n_out, seed, **settings):
    module = Dense(n_in, n_out, activation_function=torch.nn.Identity(),
                   module_input_name="token_embeddings", **settings)
    randomise(module, seed)
    return module.half()


def learn_rows(encoder):
    """Of 16 texts each is the nearest, by MaxSim, to a few of its own tokens."""
    network, matrix = encoder[0].auto_model, encoder[1]
    n_vocab = network.config.vocab_size

    def rows(ids):
        hidden = network(input_ids=ids).last_hidden_state
        return torch.nn.functional.normalize(matrix.linear(hidden), dim=-1)

    def loss(generator):
        documents = random_ids(generator, 16, 16, 5, n_vocab)
        queries = rows(documents[:, 3:9])
        scores = torch.einsum("qid,kjd->qkij", queries, rows(documents)).max(-1).values.mean(-1)
        return torch.nn.functional.cross_entropy(20 * scores, torch.arange(16))

    train([network, matrix], loss, 405)


def learn_terms(model):
    """A text's terms are its tokens, and few others."""
    n_vocab = model.config.vocab_size

    def loss(generator):
        ids = random_ids(generator, 16, 12, 5, n_vocab)
        logits = model(input_ids=ids).logits.max(1).values
        own = torch.zeros_like(logits).scatter_(1, ids, 1)
        return torch.nn.functional.binary_cross_entropy_with_logits(
            logits, own, pos_weight=torch.tensor(6.0))

    train([model], loss, 415, n_steps=400)


def clear(base):
    for file in base.iterdir():
        file.unlink()
    base.rmdir()


def rows_case(model, text, task):
    prompt = model.prompts.get(task) or ""
    features = model.preprocess([text], prompt=prompt, task=task)
    with torch.no_grad():
        out = model(dict(features), task=task)
    mask = out["attention_mask"][0].bool()
    rows = out["token_embeddings"][0][mask]
    encode = model.encode_query if task == "query" else model.encode_document
    assert torch.allclose(rows, encode([text])[0])
    ids = features["input_ids"][0]
    return {"text": text, "n_tokens": len(ids), "ids": ids[mask].tolist(), "rows": numbers(rows)}


def write_late_golden(folder):
    model = MultiVectorEncoder(str(folder), device="cpu",
                               model_kwargs={"dtype": torch.float32, "attn_implementation": "eager"})
    model = model.double()
    queries = [rows_case(model, t, "query") for t in QUERIES]
    documents = [rows_case(model, t, "document") for t in DOCUMENTS]
    scores = model.similarity(model.encode_query(QUERIES),
                              model.encode_document(DOCUMENTS))
    facts = {"scores": [numbers(row) for row in scores], "queries": queries}
    write_golden(folder, facts, documents)


def make_late(out):
    """As sentence-transformers 6 saves it: prompts that are tokens, a mean in place of the sum."""
    base = fresh(out / "tiny-late.base")
    bert(base, 401, markers=["[Q] ", "[D] "])
    transformer = Transformer(str(base), max_seq_length=LIMIT, document_length=24, query_expansion={
        "strategy": "min", "attend": False, "length": 16})
    folder = fresh(out / "tiny-late")
    model = MultiVectorEncoder(
        modules=[transformer, dense(D, 16, 1, bias=True),
                 MultiVectorMask(skiplist_words=list(string.punctuation) + ["not a token"]),
                 Normalize(module_input_name="token_embeddings")],
        device="cpu", prompts={"query": "[Q] ", "document": "[D] "},
        similarity_fn_name="meanmaxsim")
    learn_rows(model.float())
    model.half().save_pretrained(str(folder), create_model_card=False)
    clear(base)
    write_late_golden(folder)


def make_pylate(out):
    """As PyLate 3 saves it: settings at the top, markers that are put in, two matrices."""
    folder = fresh(out / "tiny-late-pylate")
    bert(folder, 402, markers=["[Q] ", "[D] "])
    for i, module in enumerate([dense(D, 30, 2, bias=False), dense(30, 12, 3, bias=False,
                                                                 use_residual=True)], 1):
        at = folder / f"{i}_Dense"
        at.mkdir()
        save_file({k: v.contiguous() for k, v in module.state_dict().items()},
                  at / "model.safetensors")
        write_json(at / "config.json",
                   {"in_features": module.in_features, "out_features": module.out_features,
                    "bias": False, "activation_function": "torch.nn.modules.linear.Identity",
                    "use_residual": module.use_residual})
    write_json(folder / "modules.json",
               [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]
               + [{"idx": i, "name": str(i), "path": f"{i}_Dense", "type": "pylate.models.Dense.Dense"}
                  for i in (1, 2)])
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 23, "do_lower_case": False})
    write_json(folder / "config_sentence_transformers.json",
               {"model_type": "ColBERT", "prompts": {}, "default_prompt_name": None,
                "similarity_fn_name": "MaxSim", "query_prefix": "[Q] ", "document_prefix": "[D] ",
                "query_length": 20, "document_length": 24, "attend_to_expansion_tokens": True,
                "skiplist_words": [",", "."], "do_query_expansion": True})
    write_late_golden(folder)


def make_stanford(out):
    """As Stanford's ColBERT saves it: the matrix among the model's tensors, markers that are
    ordinary entries of the vocabulary."""
    folder = fresh(out / "tiny-late-stanford")
    model = bert(folder, 403)
    generator = torch.Generator().manual_seed(4)
    tensors = {"bert." + k: v for k, v in load_file(folder / "model.safetensors").items()}
    tensors["linear.weight"] = (torch.randn(8, D, generator=generator) / 4).half()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    write_json(folder / "config.json", config | {"architectures": ["HF_ColBERT"]})
    write_json(folder / "artifact.metadata",
               {"query_token_id": "cat", "doc_token_id": "dog", "query_maxlen": 12,
                "doc_maxlen": 30, "attend_to_mask_tokens": False, "mask_punctuation": True,
                "similarity": "cosine", "dim": 8})
    assert model is not None
    write_late_golden(folder)


def write_sparse_golden(folder):
    model = SparseEncoder(str(folder), device="cpu", model_kwargs={"dtype": torch.float32}).double()
    limit = model.max_seq_length

    def case(text):
        weights = model.encode([text], convert_to_tensor=True, convert_to_sparse_tensor=False)[0]
        terms = weights.nonzero().flatten()
        ids = model.tokenizer(text, truncation=True, max_length=limit)["input_ids"]
        return {"text": text, "n_tokens": len(ids), "terms": terms.tolist(),
                "weights": numbers(weights[terms])}

    write_golden(folder, {"max_tokens": limit}, [case(t) for t in SPARSE_TEXTS])


def weigh_few(model, name, by):
    """Most logits below 0, as training makes them."""
    with torch.no_grad():
        dict(model.named_parameters())[name].sub_(by)


def make_splade(out):
    base = fresh(out / "tiny-splade.base")
    model = bert(base, 411, transformers.BertForMaskedLM).float()
    weigh_few(model, "cls.predictions.bias", 4)
    learn_terms(model)
    model.half().save_pretrained(base)
    folder = fresh(out / "tiny-splade")
    encoder = SparseEncoder(modules=[MLMTransformer(str(base), max_seq_length=LIMIT),
                                     SpladePooling("max")], device="cpu")
    encoder.save_pretrained(str(folder), create_model_card=False)
    clear(base)
    write_sparse_golden(folder)


def make_splade_sum(out):
    """DistilBERT; a sum, and the logarithm twice."""
    vocab = vocabulary()
    config = transformers.DistilBertConfig(vocab_size=len(vocab), dim=D, n_layers=1, n_heads=2,
                                           hidden_dim=36, max_position_embeddings=64,
                                           attn_implementation="eager")
    model = transformers.DistilBertForMaskedLM(config)
    randomise(model, 412)
    weigh_few(model, "vocab_projector.bias", 9)
    base = fresh(out / "tiny-splade-sum.base")
    model.half().save_pretrained(base)
    write_tokenizer(base, make_tokenizer(vocab), vocab, "tokenizer.json")
    folder = fresh(out / "tiny-splade-sum")
    encoder = SparseEncoder(modules=[MLMTransformer(str(base), max_seq_length=LIMIT),
                                     SpladePooling("sum", "log1p_relu")], device="cpu")
    encoder.save_pretrained(str(folder), create_model_card=False)
    clear(base)
    write_sparse_golden(folder)


def make_plain(out):
    """Masked-language models without modules: RoBERTa and ModernBERT."""
    tokenizer = make_roberta_tokenizer()
    config = transformers.RobertaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=D, num_hidden_layers=1,
        num_attention_heads=2, intermediate_size=36, max_position_embeddings=66,
        layer_norm_eps=1e-5, type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2,
        attn_implementation="eager")
    model = transformers.RobertaForMaskedLM(config)
    randomise(model, 413)
    weigh_few(model, "lm_head.bias", 9)
    folder = fresh(out / "tiny-mlm-roberta")
    model.half().save_pretrained(folder)
    write_json(folder / "tokenizer_config.json",
               {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>",
                "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>",
                "tokenizer_class": "RobertaTokenizer", "model_max_length": 48})
    (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=False))
    write_sparse_golden(folder)

    vocab = vocabulary()
    config = transformers.ModernBertConfig(
        vocab_size=len(vocab), hidden_size=D, intermediate_size=20, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=64, global_attn_every_n_layers=2,
        local_attention=8, pad_token_id=0, cls_token_id=2, sep_token_id=3, bos_token_id=2,
        eos_token_id=3, attn_implementation="eager", reference_compile=False)
    model = transformers.ModernBertForMaskedLM(config)
    randomise(model, 414)
    weigh_few(model, "decoder.bias", 9)
    folder = fresh(out / "tiny-mlm-modernbert")
    model.half().save_pretrained(folder)
    write_tokenizer(folder, make_tokenizer(vocab), vocab, "tokenizer.json")
    write_sparse_golden(folder)


def make_m3(out):
    """As BGE-M3: a vector, weights of the text's own tokens, and rows."""
    tokenizer = make_roberta_tokenizer()
    config = transformers.XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=D, num_hidden_layers=1,
        num_attention_heads=2, intermediate_size=36, max_position_embeddings=66,
        layer_norm_eps=1e-5, type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2,
        attn_implementation="eager")
    network = transformers.XLMRobertaModel(config, add_pooling_layer=False)
    randomise(network, 421)
    base = fresh(out / "tiny-m3.base")
    network.half().save_pretrained(base)
    write_json(base / "tokenizer_config.json",
               {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>",
                "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>",
                "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 48})
    (base / "tokenizer.json").write_text(tokenizer.to_str(pretty=False))
    folder = fresh(out / "tiny-m3")
    SentenceTransformer(modules=[Transformer(str(base), max_seq_length=48), models.Pooling(D, "cls"),
                                 models.Normalize()], device="cpu").save_pretrained(
        str(folder), create_model_card=False)
    clear(base)
    sparse, rows = torch.nn.Linear(D, 1), torch.nn.Linear(D, 10)
    for i, (name, module) in enumerate([("sparse_linear", sparse), ("colbert_linear", rows)]):
        randomise(module, 422 + i)
        torch.save(module.half().state_dict(), folder / f"{name}.pt")
        module.double()

    model = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32})
    network = model.double()[0].auto_model
    special = {0, 1, 2, 3}  # <s>, <pad>, </s>, <unk>

    def case(text):
        ids = model.tokenizer(text, truncation=True, max_length=48)["input_ids"]
        with torch.no_grad():
            hidden = network(torch.tensor([ids])).last_hidden_state[0]
            numbers_of_rows = torch.relu(sparse(hidden))[:, 0].tolist()
            vectors = torch.nn.functional.normalize(rows(hidden[1:]), dim=-1)
        weights = {}
        for token, weight in zip(ids, numbers_of_rows):
            if token not in special and weight > 0:
                weights[token] = max(weight, weights.get(token, 0))
        terms = sorted(weights)
        return {"text": text, "n_tokens": len(ids), "terms": terms,
                "weights": [float(f"{weights[t]:.9g}") for t in terms], "ids": ids[1:],
                "rows": numbers(vectors), "vector": numbers(model.encode(text, convert_to_tensor=True))
                }, vectors

    made = [case(t) for t in SPARSE_TEXTS]
    queries = [case(t) for t in QUERIES[:2]]
    scores = [[float((q @ d.T).max(-1).values.mean()) for _, d in made] for _, q in queries]
    write_golden(folder, {"queries": [c for c, _ in queries], "scores": scores}, [c for c, _ in made])


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests" / "data" / "models"
    make_late(out)
    make_pylate(out)
    make_stanford(out)
    make_splade(out)
    make_splade_sum(out)
    make_plain(out)
    make_m3(out)


if __name__ == "__main__":
    main()
