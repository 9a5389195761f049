"""Trains the small entailment model that the repository ships as a LoRA adapter of all-MiniLM-L6-v2.

    train_nli_head.py --base FOLDER --scifact FOLDER --quern PROGRAM --out models/nli-scifact-minilm

Data: SciFact's train claims (CC BY 4.0) and abstracts (ODC-By 1.0), nothing else; a fifth of the claims is held
out and chooses the thresholds. No other entailment model is a start or a teacher. Base: Apache-2.0. Seeds are
fixed; on one machine the same command gives the same adapter. `--quern` makes the vectors that find near
sentences (kept in --cache). Needs torch, transformers, peft and numpy.

Measured here: label-only F1 of abstracts on dev in open retrieval over all 5,183 abstracts (the claim's nearest
three, of each its nearest sentences; an abstract supports or refutes where its surest sentence does, near enough).
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import time

import numpy as np
import peft
import torch
import transformers
from safetensors.torch import load_file, save_file

import nli_examples as examples

N_ABSTRACTS, N_SENTENCES = 3, 3


def quern_vectors(program, model, cache):
    def vectors(lines):
        path = pathlib.Path(cache) / f"vectors-{len(lines)}"
        if not path.with_suffix(".npy").exists():
            path.with_suffix(".txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
            subprocess.run([program, "embed", model, "--texts", path.with_suffix(".txt"), "--format", "lines",
                            "--out", path.with_suffix(".npy"), "--quiet"], check=True)
        found = np.load(path.with_suffix(".npy"))
        assert len(found) == len(lines), f"{path}.npy has {len(found)} rows, want {len(lines)}"
        return found
    return vectors


def made_and_labelled(data, args):
    """The pairs to train on, kept in the cache: finding near sentences takes longer than reading them."""
    path = pathlib.Path(args.cache) / f"pairs-{args.seed}-{args.titles}.json"
    if not path.exists():
        path.write_text(json.dumps(examples.training_pairs(data, args.seed, args.titles)))
    return [[tuple(pair) for pair in pairs] for pairs in json.loads(path.read_text())]


def thinned(pairs, n_voicing, n_neutral, rng):
    """So many pairs that say something, and so many that do not, by chance."""
    voicing = [p for p in pairs if p[2] != examples.NEUTRAL]
    neutral = [p for p in pairs if p[2] == examples.NEUTRAL]
    return rng.sample(voicing, min(n_voicing, len(voicing))) + rng.sample(neutral, min(n_neutral, len(neutral)))


def with_adapter(base, args):
    model = transformers.BertForSequenceClassification.from_pretrained(
        base, num_labels=len(examples.LABELS), id2label=dict(enumerate(examples.LABELS)),
        label2id={name: i for i, name in enumerate(examples.LABELS)}, hidden_dropout_prob=0.1)
    return peft.get_peft_model(model, peft.LoraConfig(
        task_type="SEQ_CLS", r=args.rank, lora_alpha=2 * args.rank, lora_dropout=0.05,
        target_modules=["query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"],
        layers_to_transform=list(range(args.frozen_layers, model.config.num_hidden_layers)),
        modules_to_save=["classifier", "pooler"]))


class Pairs:
    """Token ids, batched by length so that little is padding."""

    def __init__(self, tokenizer, pairs, max_tokens=64):
        self.pad, self.labels = tokenizer.pad_token_id, [p[2] for p in pairs]
        self.rows = tokenizer([p[0] for p in pairs], [p[1] for p in pairs], truncation="longest_first", max_length=max_tokens)

    def batch(self, places):
        ids = [self.rows["input_ids"][i] for i in places]
        n = max(map(len, ids))
        padded = lambda rows, fill: torch.tensor([r + [fill] * (n - len(r)) for r in rows])
        return {"input_ids": padded(ids, self.pad),
                "token_type_ids": padded([self.rows["token_type_ids"][i] for i in places], 0),
                "attention_mask": padded([[1] * len(r) for r in ids], 0)}

    def batches(self, size, rng=None):
        order = list(range(len(self.labels)))
        if rng:
            rng.shuffle(order)
        pools = [order[i:i + 16 * size] for i in range(0, len(order), 16 * size)] if rng else [order]
        out = []
        for pool in pools:
            pool.sort(key=lambda i: len(self.rows["input_ids"][i]))
            out += [pool[i:i + size] for i in range(0, len(pool), size)]
        if rng:
            rng.shuffle(out)
        return out


class Trunk:
    """The lowest layers, which are not trained: what they make of a pair is computed once and kept in half precision."""

    def __init__(self, model, n_layers):
        self.bert, self.n_layers = model.base_model.model.bert, n_layers

    @torch.no_grad()
    def fill(self, pairs):
        self.bert.train(False)
        pairs.hidden = [None] * len(pairs.labels)
        for places in pairs.batches(64):
            batch = pairs.batch(places)
            hidden = self.bert.embeddings(batch["input_ids"], token_type_ids=batch["token_type_ids"])
            hidden = through(self.bert.encoder.layer[:self.n_layers], hidden, batch["attention_mask"])
            for i, rows in zip(places, hidden):
                pairs.hidden[i] = rows[:len(pairs.rows["input_ids"][i])].half()

    def logits(self, model, pairs, places):
        """Of a batch, from where the kept layers end."""
        hidden = torch.nn.utils.rnn.pad_sequence([pairs.hidden[i] for i in places], batch_first=True).float()
        hidden = through(self.bert.encoder.layer[self.n_layers:], hidden, pairs.batch(places)["attention_mask"])
        inner = model.base_model.model
        return inner.classifier(inner.dropout(self.bert.pooler(hidden)))


def through(layers, hidden, mask):
    """mask: [n_pairs, n_tokens], 0 where a row is padding."""
    added = (1.0 - mask[:, None, None, :].float()) * torch.finfo(torch.float32).min
    for layer in layers:
        out = layer(hidden, added)
        hidden = out[0] if isinstance(out, tuple) else out
    return hidden


def train(model, tokenizer, phases, args):
    """phases: pairs and how often each is seen, one after the other under one falling rate."""
    rng, trunk = random.Random(args.seed), Trunk(model, args.frozen_layers)
    plan = []
    for pairs, n_times in phases:
        data = Pairs(tokenizer, pairs)
        trunk.fill(data)
        for _ in range(n_times):
            plan += [(data, places) for places in data.batches(args.batch, rng)]
    weight = torch.tensor([args.contradiction_weight, 1.0, 1.0])
    groups = [{"params": [p for n, p in model.named_parameters() if p.requires_grad and ("lora" in n) == lora],
               "lr": rate} for lora, rate in ((True, args.rate), (False, args.rate / 4))]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    warm = max(1, len(plan) // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min((s + 1) / warm, (len(plan) - s) / max(1, len(plan) - warm)))
    model.train()
    began, losses = time.time(), []
    for step, (data, places) in enumerate(plan):
        labels = torch.tensor([data.labels[i] for i in places])
        loss = torch.nn.functional.cross_entropy(trunk.logits(model, data, places), labels, weight,
                                                 label_smoothing=0.05)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if (step + 1) % 50 == 0:
            print(f"step {step + 1}/{len(plan)}: loss {np.mean(losses[-50:]):.3f}, {time.time() - began:.0f} s", flush=True)


def open_pairs(data, claims, reach):
    """What is asked of the model of each claim: (pairs, [(claim, abstract, cosine)])."""
    pairs, of = [], []
    for claim in claims:
        for key in data.nearest_abstracts(claim["claim"], N_ABSTRACTS):
            cosines = data.cosines(claim["claim"], key)
            for i in np.argsort(-cosines)[:N_SENTENCES].tolist():
                pairs.append((examples.window(data.abstracts[key], i, reach), claim["claim"], 0))
                of.append((claim["id"], key, float(cosines[i])))
    return pairs, of


def label_only(claims, of, logits, gate, least):
    """(F1, precision, recall) of labelled abstracts, as SciFact's abstract level defines them without rationales."""
    shares = np.exp(logits - logits.max(1, keepdims=True))
    shares /= shares.sum(1, keepdims=True)
    surest = {}
    for (claim, key, cosine), p in zip(of, shares):
        side = int(p[:2].argmax())
        if cosine >= gate and p[side] >= least and p[side] > surest.get((claim, key), (0, 0))[0]:
            surest[claim, key] = (p[side], side)
    gold = {(c["id"], int(k)): examples.gold_label(c, int(k)) for c in claims for k in c["evidence"]}
    right = sum(gold.get(where) == side for where, (_, side) in surest.items())
    precision, recall = right / max(1, len(surest)), right / len(gold)
    return 2 * precision * recall / max(1e-9, precision + recall), precision, recall


def engine_logits(program, folder, pairs):
    """The merged model's, as the program computes them: log-probabilities, which differ by a constant a pair."""
    lines = "".join(json.dumps({"text": p[0], "text_pair": p[1]}) + "\n" for p in pairs)
    run = subprocess.run([program, "classify", str(folder), "--texts", "-", "--format", "jsonl", "--json", "--quiet"],
                         input=lines, capture_output=True, text=True, check=True)
    rows = [json.loads(line)["scores"] for line in run.stdout.splitlines()]
    assert len(rows) == len(pairs), f"{len(rows)} answers for {len(pairs)} pairs"
    return np.log(np.array([[row[name] for name in examples.LABELS] for row in rows]) + 1e-9)


def gold_accuracy(data, logits_of, claims):
    """Of support against contradict, on joined gold rationales: what is left when finding is no question."""
    pairs = [(" ".join(data.abstracts[int(k)].sentences[i] for i in s["sentences"]), c["claim"],
              examples.gold_label(c, int(k))) for c in claims for k, sets in c["evidence"].items() for s in sets]
    logits, labels = logits_of(pairs), np.array([p[2] for p in pairs])
    return float((logits[:, :2].argmax(1) == labels).mean()), float((logits.argmax(1) == labels).mean())


def measure(data, logits_of, reach):
    held_out = [c for c in data.train if examples.is_held_out(c)]
    pairs, of = open_pairs(data, held_out, reach)
    logits = logits_of(pairs)
    gate, least = max(((g, t) for g in np.arange(0.3, 0.75, 0.05) for t in np.arange(0.3, 0.95, 0.05)),
                      key=lambda gt: label_only(held_out, of, logits, *gt)[0])
    chosen = label_only(held_out, of, logits, gate, least)
    pairs, of = open_pairs(data, data.dev, reach)
    logits = logits_of(pairs)
    f1 = label_only(data.dev, of, logits, gate, least)
    as_if_supported = label_only(data.dev, of, np.tile(np.log([0.01, 0.98, 0.01]), (len(of), 1)), gate, 0)
    two, three = gold_accuracy(data, logits_of, data.dev)
    return {name: round(float(x), 3) for name, x in (
        ("gate", gate), ("least", least), ("held_out_f1", chosen[0]), ("dev_f1", f1[0]), ("dev_precision", f1[1]),
        ("dev_recall", f1[2]), ("dev_f1_all_supported", as_if_supported[0]), ("gold_two_way", two), ("gold_three_way", three))}


def save(model, out):
    """The adapter in half precision, and the labels beside it."""
    model.save_pretrained(out)
    path = pathlib.Path(out) / "adapter_model.safetensors"
    save_file({name: t.half() for name, t in load_file(path).items()}, path, metadata={"format": "pt"})
    config = json.loads((path.parent / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "sentence-transformers/all-MiniLM-L6-v2"  # Not where it lay here.
    (path.parent / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")
    labels = {"id2label": {str(i): name for i, name in enumerate(examples.LABELS)},
              "label2id": {name: i for i, name in enumerate(examples.LABELS)}}
    (path.parent / "config.json").write_text(json.dumps(labels, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("--base", None), ("--scifact", None), ("--quern", "quern"), ("--out", None),
                          ("--cache", "."), ("--embedder", "all-MiniLM-L6-v2")):
        parser.add_argument(name, default=default, required=default is None)
    for name, default in (("--seed", 14), ("--rank", 8), ("--batch", 32), ("--titles", 900), ("--made-times", 1), ("--made-pairs", 1500), ("--voicing", 2400), ("--neutral", 2400),
                          ("--times", 4), ("--threads", 2), ("--frozen-layers", 3)):
        parser.add_argument(name, type=int, default=default)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--contradiction-weight", type=float, default=1.3)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    os.makedirs(args.cache, exist_ok=True)
    data = examples.SciFact(args.scifact, quern_vectors(args.quern, args.embedder, args.cache))
    made, labelled = made_and_labelled(data, args)
    rng = random.Random(args.seed)
    made = thinned(made, args.made_pairs * 3 // 4, args.made_pairs // 4, rng)
    labelled = thinned(labelled, args.voicing, args.neutral, rng)
    print(f"{len(made)} made pairs, {len(labelled)} labelled ones", flush=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(args.base)
    model = with_adapter(args.base, args)
    train(model, tokenizer, [(made, args.made_times), (labelled, args.times)], args)
    save(model, args.out)
    merged = pathlib.Path(args.cache) / "merged"
    model.merge_and_unload().save_pretrained(merged)
    tokenizer.save_pretrained(merged)
    for reach in (0, 1):
        found = measure(data, lambda pairs: engine_logits(args.quern, merged, pairs), reach)
        print(f"{reach} neighbours: {json.dumps(found)}", flush=True)


if __name__ == "__main__":
    main()
