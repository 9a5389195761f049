#!/usr/bin/env python3
"""A GRU on the questions of `quern dialogue eval`, as a row for its --gru.

It sees what a reservoir sees (a vector for each turn, who speaks, the place), has as many units,
and is trained on the same pairs: cosine with the next turn's vector against those of its batch
(InfoNCE), on nine tenths of the dialogues, until the last tenth gets no better.

    python3 bench/dialogue_gru.py --train talks.jsonl --eval others.jsonl --model MiniLM-folder \\
        --units 500 --candidates 10 --out gru.json
"""

import argparse
import json

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

MASK = (1 << 64) - 1


def split_mix(state):
    """SplitMix64: (next state, number), as src/apps/dialogue/choice_sets.cpp draws."""
    state = (state + 0x9E3779B97F4A7C15) & MASK
    z = state
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return state, z ^ (z >> 31)


def choice_sets(texts, n_candidates, seed):
    """The questions of `quern dialogue eval`: (dialogue, turn, [(dialogue, turn)]), right first."""
    places = [(i, t) for i, turns in enumerate(texts) for t in range(len(turns))]
    out, state = [], seed
    for i, turns in enumerate(texts):
        for t in range(len(turns) - 1):
            candidates, seen = [(i, t + 1)], {turns[t + 1]}
            for _ in range(20 * n_candidates):
                if len(candidates) >= n_candidates:
                    break
                state, number = split_mix(state)
                place = places[number % len(places)]
                text = texts[place[0]][place[1]]
                if text not in seen:
                    seen.add(text)
                    candidates.append(place)
            out.append((i, t, candidates))
    return out


def read(path):
    with open(path, encoding="utf-8") as lines:
        dialogues = [json.loads(line)["turns"] for line in lines if line.strip()]
    return [[turn for turn in turns if turn["text"].strip()] for turns in dialogues]


def embed(texts, folder):
    """Unit vectors [n, d]: the mean over tokens, as all-MiniLM-L6-v2 is used."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    out = np.zeros((len(texts), model.config.hidden_size), np.float32)
    with torch.inference_mode():
        for first in range(0, len(order), 128):
            batch = order[first : first + 128]
            tokens = tokenizer([texts[i] for i in batch], padding=True, truncation=True,
                               max_length=256, return_tensors="pt")
            states = model(**tokens).last_hidden_state
            mask = tokens["attention_mask"][..., None].float()
            mean = (states * mask).sum(1) / mask.sum(1)
            out[batch] = torch.nn.functional.normalize(mean, dim=1).numpy()
    return out


def inputs(dialogues, folder):
    """For each dialogue: vectors [n, d] and what a reservoir hears [n, d + 4]."""
    flat = embed([turn["text"] for turns in dialogues for turn in turns], folder)
    out, at = [], 0
    for turns in dialogues:
        vectors = flat[at : at + len(turns)]
        at += len(turns)
        speakers = [turn.get("speaker", i % 2) for i, turn in enumerate(turns)]
        extras = [[1 if s == speakers[0] else -1, float(i > 0 and s == speakers[i - 1]), 0,
                   min(1, i / 20)] for i, s in enumerate(speakers)]
        heard = np.concatenate([vectors, np.array(extras, np.float32).reshape(-1, 4)], 1)
        out.append((torch.tensor(vectors), torch.tensor(heard)))
    return out


class Gru(torch.nn.Module):
    """The next turn's vector from the units and, as in a reservoir's readout, the last turn."""

    def __init__(self, d, units):
        super().__init__()
        self.gru = torch.nn.GRU(d + 4, units, batch_first=True)
        self.out = torch.nn.Linear(units + d + 4, d)

    def forward(self, heard):
        padded = torch.nn.utils.rnn.pad_sequence(heard, batch_first=True)
        states, _ = self.gru(padded)
        return torch.nn.functional.normalize(self.out(torch.cat([states, padded], -1)), dim=-1)


def batch_loss(model, batch, mean):
    predicted = model([heard for _, heard in batch])
    asked = torch.cat([predicted[i, : len(v) - 1] for i, (v, _) in enumerate(batch)])
    right = torch.cat([v[1:] for v, _ in batch]) - mean
    scores = asked @ torch.nn.functional.normalize(right, dim=1).T / 0.07
    return torch.nn.functional.cross_entropy(scores, torch.arange(len(scores)))


def train(dialogues, units, seed, rounds):
    torch.manual_seed(seed)
    dialogues = [d for d in dialogues if len(d[0]) > 1]
    kept = [d for i, d in enumerate(dialogues) if i % 10 != 9]
    held = [d for i, d in enumerate(dialogues) if i % 10 == 9]
    mean = torch.cat([v[1:] for v, _ in kept]).mean(0)
    model = Gru(len(mean), units)
    adam = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
    best, best_loss, waited = None, float("inf"), 0
    for _ in range(rounds):
        model.train()
        order = torch.randperm(len(kept)).tolist()
        for first in range(0, len(order), 32):
            adam.zero_grad()
            batch_loss(model, [kept[i] for i in order[first : first + 32]], mean).backward()
            adam.step()
        model.eval()
        with torch.inference_mode():
            loss = batch_loss(model, held, mean).item()
        waited = 0 if loss < best_loss else waited + 1
        if loss < best_loss:
            best_loss = loss
            best = {k: v.clone() for k, v in model.state_dict().items()}
        if waited == 4:
            break
    model.load_state_dict(best)
    return model, mean


def measure(model, mean, dialogues, texts, n_candidates, seed):
    with torch.inference_mode():
        predicted = [model([heard])[0] for _, heard in dialogues]
    turns = [torch.nn.functional.normalize(v - mean, dim=1) for v, _ in dialogues]
    ranks, of_dialogue = [], []
    for i, t, candidates in choice_sets(texts, n_candidates, seed):
        scores = torch.stack([turns[a][b] for a, b in candidates]) @ predicted[i][t]
        ranks.append(1 + int((scores[1:] >= scores[0]).sum()))
        of_dialogue.append(i)
    ranks, of_dialogue = np.array(ranks), np.array(of_dialogue)
    right = np.bincount(of_dialogue, ranks == 1, len(texts))
    asked = np.bincount(of_dialogue, minlength=len(texts))
    draws = np.random.default_rng(1).integers(0, len(texts), (400, len(texts)))
    low, high = np.quantile(right[draws].sum(1) / asked[draws].sum(1), [0.025, 0.975])
    row = {f"recall_{k}": float((ranks <= k).mean()) for k in (1, 2, 5, 10)}
    return {"n": len(ranks), **row, "mrr": float((1 / ranks).mean()),
            "margin": float((high - low) / 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--train", required=True)
    parser.add_argument("--eval", required=True)
    parser.add_argument("--model", required=True, help="the encoder's folder")
    parser.add_argument("--units", type=int, default=500)
    parser.add_argument("--candidates", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1, help="of the GRU")
    parser.add_argument("--questions-seed", type=int, default=7, help="as --seed of eval")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    model, mean = train(inputs(read(args.train), args.model), args.units, args.seed, args.rounds)
    others = read(args.eval)
    row = measure(model, mean, inputs(others, args.model), [[t["text"] for t in d] for d in others],
                  args.candidates, args.questions_seed)
    with open(args.out, "w", encoding="utf-8") as out:
        json.dump({"name": f"GRU, {args.units} units", **row}, out)
        out.write("\n")


if __name__ == "__main__":
    main()
