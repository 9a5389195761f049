#!/usr/bin/env python3
"""Makes a tiny random Qwen3 reranker in tests/data/models and its GGUF file, and a Qwen3 classifier.

usage: make_reranker_fixtures.py [OUT]      needs torch, transformers, sentence-transformers, gguf

tiny-reranker is laid out as sentence-transformers 6 saves a CrossEncoder over a generating model; golden.json holds
the ids of each prompted pair and the difference of the logits of "yes" and "no" behind it, by transformers in
double precision, cut as the model's own card does: the pair alone. Not needed to build or to run the tests.
"""
import json
import pathlib
import sys

import gguf
import torch
import transformers

import make_gguf_encoders
import make_vector_fixtures
from make_family_fixtures import randomise
from make_model_fixtures import PAIRS, TEXTS, fresh, make_roberta_tokenizer, numbers, write_golden, write_json

LIMIT = 250
INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query"
PREFIX = ("<|im_start|>system\nJudge whether the Document meets the requirements based on the Query "
          "and the Instruct provided. Note that the answer can only be \"yes\" or \"no\"."
          "<|im_end|>\n<|im_start|>user\n")
SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
NAME = "tiny-reranker"


def body(query, document, instruction=INSTRUCTION):
    return f"<Instruct>: {instruction}\n<Query>: {query}\n<Document>: {document}"


def make_folder(out):
    folder = fresh(out / NAME)
    tokenizer = make_roberta_tokenizer()
    tokenizer.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    tokenizer.add_tokens(["yes", "no"])
    tokenizer.post_processor = None
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<pad>",
        model_max_length=LIMIT)
    config = transformers.Qwen3Config(
        hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=16, vocab_size=len(tokenizer) + 3,
        max_position_embeddings=300, tie_word_embeddings=True, attn_implementation="eager")
    model = transformers.Qwen3ForCausalLM(config)
    randomise(model, 301)
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    ids = {"true_token_id": tokenizer.convert_tokens_to_ids("yes"),
           "false_token_id": tokenizer.convert_tokens_to_ids("no")}
    (folder / "1_LogitScore").mkdir()
    write_json(folder / "1_LogitScore" / "config.json", ids | {"module_input_name": "causal_logits"})
    write_json(folder / "modules.json", [
        {"idx": 0, "name": "0", "path": "",
         "type": "sentence_transformers.base.modules.transformer.Transformer"},
        {"idx": 1, "name": "1", "path": "1_LogitScore",
         "type": "sentence_transformers.cross_encoder.modules.logit_score.LogitScore"}])
    write_json(folder / "sentence_bert_config.json", {"transformer_task": "text-generation"})
    write_cases(folder, tokenizer, ids)
    return ids


def write_cases(folder, tokenizer, ids):
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).double()

    def encode(text):
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    def case(query, document, instruction=INSTRUCTION):
        prefix, suffix = encode(PREFIX), encode(SUFFIX)
        middle = encode(body(query, document, instruction))
        kept = middle[:LIMIT - len(prefix) - len(suffix)]
        all_ids = prefix + kept + suffix
        with torch.no_grad():
            logits = model(torch.tensor([all_ids])).logits[0, -1]
        score = logits[ids["true_token_id"]] - logits[ids["false_token_id"]]
        return {"text": query, "text_pair": document, "ids": all_ids,
                "n_dropped": len(middle) - len(kept), "logits": numbers(score)}

    facts = {"max_tokens": LIMIT}
    facts["instruction"] = "Is the text about animals"
    facts["instructed_cases"] = [case(a, b, facts["instruction"]) for a, b in PAIRS[:2]]
    write_golden(folder, facts, [case(a, b) for a, b in PAIRS])


def make_classifier(out):
    """One matrix over the last row: tiny-qwen3-classifier."""
    folder = fresh(out / "tiny-qwen3-classifier")
    tokenizer = make_vector_fixtures.byte_tokenizer(None, "</s>")
    config = transformers.Qwen3Config(
        hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=16, vocab_size=len(tokenizer), pad_token_id=1,
        max_position_embeddings=96, id2label={0: "no", 1: "yes", 2: "maybe"},
        label2id={"no": 0, "yes": 1, "maybe": 2}, attn_implementation="eager")
    kind = transformers.Qwen3ForSequenceClassification
    model = kind(config)
    randomise(model, 302)
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    model = kind.from_pretrained(folder, dtype=torch.float32).double()
    cases = []
    for text in TEXTS:
        full = len(tokenizer(text)["input_ids"])
        ids = tokenizer(text, truncation=True)["input_ids"]
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits
        cases.append({"text": text, "ids": ids, "n_dropped": full - len(ids),
                      "logits": numbers(logits)})
    write_golden(folder, {"max_tokens": 96}, cases)


class Reranker(make_gguf_encoders.Writer):
    """The converter keeps the rows of "yes" and "no" of the output matrix, and a template."""

    def __init__(self, folder, out, ids):
        make_gguf_encoders.ARCHITECTURES[NAME] = "qwen3"
        super().__init__(folder, out, NAME)
        self.ids = ids

    def add_head(self):
        self.out.add_pooling_type(gguf.PoolingType.RANK)
        self.out.add_classifier_output_labels(["yes", "no"])
        template = PREFIX + body("{query}", "{document}") + SUFFIX
        self.out.add_chat_template([{"name": "rerank", "template": template}])

    def tensors(self):
        out = super().tensors()
        rows = [self.ids["true_token_id"], self.ids["false_token_id"]]
        out["cls.output.weight"] = out["token_embd.weight"][rows]
        return out


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests" / "data" / "models"
    make_classifier(out)
    ids = make_folder(out)
    Reranker(out, out / "gguf", ids).write()


if __name__ == "__main__":
    main()
