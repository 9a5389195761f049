#!/usr/bin/env python3
"""Makes small LoRA adapters with PEFT in tests/data/adapters, and what PEFT itself merges them to.

usage: make_adapter_fixtures.py [OUT]      needs torch, transformers, peft, safetensors

lora-classifier: of three labels over tiny-mean-f32, classifier and pooler whole. lora-vectors: rank-stabilised,
in bfloat16, over the bare network. merged.safetensors holds the tensors that merge_and_unload changed or added, and
logits.json what the merged classifier says of pairs. Not needed to build or to run the tests.
"""
import json
import pathlib
import shutil
import sys

import peft
import tokenizers
import torch
import transformers
from safetensors.torch import load_file, save_file

ROOT = pathlib.Path(__file__).resolve().parent.parent
BASE = ROOT / "tests/data/models/tiny-mean-f32"
LABELS = ["contradiction", "entailment", "neutral"]
PAIRS = [("the cat sat on the mat", "a cat sits"), ("dogs run", "the cat sat on the mat"), ("a", "b")]


def randomise(model, seed):
    generator = torch.Generator().manual_seed(seed)
    for name, p in sorted(model.named_parameters()):
        if "lora_" in name or "modules_to_save" in name:
            p.data = torch.randn(p.shape, generator=generator) * 0.3


def save(model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "tiny-mean-f32"
    config["target_modules"] = sorted(config["target_modules"])  # It was a set.
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")


def save_merged(model, folder, drop, with_new=True):
    before = load_file(BASE / "model.safetensors")
    after = {name.removeprefix(drop): t.detach().contiguous() for name, t in model.state_dict().items()}
    changed = {name: t for name, t in after.items()
               if (with_new if name not in before else not torch.equal(t, before[name]))}
    save_file(changed, folder / "merged.safetensors")
    print(folder.name, sorted(changed))


def make_classifier(out):
    base = transformers.BertForSequenceClassification.from_pretrained(BASE, num_labels=3)
    model = peft.get_peft_model(base, peft.LoraConfig(
        task_type="SEQ_CLS", r=4, lora_alpha=6, target_modules=["query", "value", "output.dense"],
        modules_to_save=["classifier", "pooler"]))
    randomise(model, 5)
    save(model, out)
    (out / "config.json").write_text(json.dumps({
        "id2label": {str(i): name for i, name in enumerate(LABELS)},
        "label2id": {name: i for i, name in enumerate(LABELS)}}, indent=2) + "\n")
    merged = model.merge_and_unload().eval()
    save_merged(merged, out, "bert.")
    tokenizer = tokenizers.Tokenizer.from_file(str(BASE / "tokenizer.json"))
    rows = []
    for a, b in PAIRS:
        encoded = tokenizer.encode(a, b)
        with torch.no_grad():
            logits = merged.double()(torch.tensor([encoded.ids]), token_type_ids=torch.tensor([encoded.type_ids])).logits
        rows.append({"text": a, "text_pair": b, "ids": encoded.ids, "logits": logits[0].tolist()})
    (out / "logits.json").write_text(json.dumps(rows, indent=1) + "\n")


def make_vectors(out):
    base = transformers.BertModel.from_pretrained(BASE)
    model = peft.get_peft_model(base, peft.LoraConfig(
        r=3, lora_alpha=5, use_rslora=True, target_modules=["key", "intermediate.dense"], layers_to_transform=[1]))
    randomise(model, 6)
    for name, p in model.named_parameters():
        if "lora_" in name:
            p.data = p.data.bfloat16().float()
    save(model, out)
    path = out / "adapter_model.safetensors"
    save_file({name: t.bfloat16() for name, t in load_file(path).items()}, path, metadata={"format": "pt"})
    save_merged(model.merge_and_unload(), out, "", with_new=False)  # The class adds a pooler of chance.


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests/data/adapters"
    make_classifier(folder / "lora-classifier")
    make_vectors(folder / "lora-vectors")
    for path in folder.rglob("*.safetensors"):
        path.chmod(0o644)
