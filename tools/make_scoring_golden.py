#!/usr/bin/env python3
"""Makes tests/data/scoring: what two libraries make of the small models of tests/data/models.

usage: make_scoring_golden.py [OUT]      needs torch, transformers, sentence-transformers

zero_shot.json: scores of transformers' zero-shot-classification pipeline. cross_encoder.json: scores
of sentence-transformers' CrossEncoder under each way that a config.json names an activation. Not
needed to build or to run the tests.
"""
import json
import pathlib
import shutil
import sys
import tempfile

import torch
from sentence_transformers import CrossEncoder
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

from make_model_fixtures import TEXTS as ALL_TEXTS

TEXTS = [text for text in ALL_TEXTS if text]  # The pipeline refuses empty ones.

LABELS = ["water", "a quick fox", "theory of heat"]
SETTINGS = [
    {"labels": LABELS, "template": "This example is {}.", "multi_label": False},
    {"labels": LABELS, "template": "This example is {}.", "multi_label": True},
    {"labels": LABELS[:2], "template": "{}: is it what people think of?", "multi_label": False},
    {"labels": LABELS[:1], "template": "This example is {}.", "multi_label": False},
]
QUERY = "Why is the answer not what people think?"
IDENTITY = "torch.nn.modules.linear.Identity"
ACTIVATIONS = {
    "none": {},
    "new_identity": {"sentence_transformers": {"activation_fn": IDENTITY}},
    "old_identity": {"sbert_ce_default_activation_function": IDENTITY},
    "new_sigmoid": {"sentence_transformers": {
        "activation_fn": "torch.nn.modules.activation.Sigmoid"}},
}


def zero_shot(models):
    folder = models / "tiny-nli"
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).double()
    classify = pipeline("zero-shot-classification", model=model,
                        tokenizer=AutoTokenizer.from_pretrained(folder))
    cases = []
    for setting in SETTINGS:
        for text in TEXTS:
            made = classify(text, setting["labels"], hypothesis_template=setting["template"],
                            multi_label=setting["multi_label"])
            by_label = dict(zip(made["labels"], made["scores"]))
            cases.append(setting | {"text": text, "best": made["labels"][0],
                                    "scores": [by_label[label] for label in setting["labels"]]})
    return {"model": "tiny-nli", "cases": cases}


def cross_encoder(models):
    cases = []
    for name, config in ACTIVATIONS.items():
        with tempfile.TemporaryDirectory() as copy:
            shutil.copytree(models / "tiny-roberta-cross", copy, dirs_exist_ok=True)
            path = pathlib.Path(copy) / "config.json"
            path.write_text(json.dumps(json.loads(path.read_text()) | config))
            model = CrossEncoder(copy, device="cpu")
            model.model.double()
            scores = [float(model.predict([(QUERY, text)])[0]) for text in TEXTS]
        cases.append({"name": name, "config": config, "scores": scores})
    return {"model": "tiny-roberta-cross", "query": QUERY, "documents": TEXTS, "cases": cases}


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests" / "data" / "scoring"
    models = root / "tests" / "data" / "models"
    out.mkdir(parents=True, exist_ok=True)
    for name, make in (("zero_shot", zero_shot), ("cross_encoder", cross_encoder)):
        text = json.dumps(make(models), ensure_ascii=False, indent=1)
        (out / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
