"""SciFact as pairs for an entailment model: what its train claims and abstracts say of each other.

Every pair is (premise, hypothesis, label). A premise is a sentence of an abstract, alone or with its
neighbours; a hypothesis is a claim, or a title of an abstract taken as one. Claims and evidence are CC BY
4.0, abstracts ODC-By 1.0. What is made of titles leaves out every abstract that a train or dev claim cites.
"""
import collections
import dataclasses
import json
import math
import pathlib
import random
import re

import numpy as np

import nli_flips

CONTRADICTION, ENTAILMENT, NEUTRAL = range(3)
LABELS = ("contradiction", "entailment", "neutral")


@dataclasses.dataclass
class Abstract:
    key: int
    title: str
    sentences: list
    first: int  # Row of the title among all vectors; sentence i has first + 1 + i.


class SciFact:
    """Abstracts, claims, and the unit vectors of titles, sentences and claims."""

    def __init__(self, folder, vectors):
        folder = pathlib.Path(folder)
        self.abstracts, self.lines = {}, []
        for row in self._rows(folder / "scifact_corpus_original.jsonl"):
            clean = [" ".join(s.split()) for s in (row["title"], *row["abstract"])]
            self.abstracts[row["doc_id"]] = Abstract(row["doc_id"], clean[0], clean[1:], len(self.lines))
            self.lines += clean
        self.train = self._rows(folder / "claims_train.jsonl")
        self.dev = self._rows(folder / "claims_dev.jsonl")
        claims = [c["claim"] for c in self.train + self.dev]
        self.vectors, claim_vectors = vectors(self.lines), vectors(claims)
        self.claim_vector = dict(zip(claims, claim_vectors))
        self.keys = np.array([a.key for a in self.abstracts.values() for _ in range(1 + len(a.sentences))])
        self.bm25 = Bm25({a.key: a.title + " " + " ".join(a.sentences) for a in self.abstracts.values()})

    @staticmethod
    def _rows(path):
        return [json.loads(line) for line in open(path, encoding="utf-8")]

    def cosines(self, claim, key):
        """Of the abstract's sentences."""
        a = self.abstracts[key]
        return self.vectors[a.first + 1:a.first + 1 + len(a.sentences)] @ self.claim_vector[claim]

    def nearest_abstracts(self, claim, n):
        """By words and by their nearest line, fused by rank (k = 60)."""
        lines = self.vectors @ self.claim_vector[claim]
        by_line = list(dict.fromkeys(self.keys[np.argsort(-lines)[:200]].tolist()))
        score = collections.Counter()
        for ranking in (self.bm25.rank(claim, 50), by_line[:50]):
            for place, key in enumerate(ranking):
                score[key] += 1 / (61 + place)
        return [key for key, _ in sorted(score.items(), key=lambda kv: (-kv[1], kv[0]))[:n]]


class Bm25:
    def __init__(self, texts, k1=0.9, b=0.4):
        self.k1, self.lists, self.norm = k1, collections.defaultdict(list), {}
        words = {key: self.words(text) for key, text in texts.items()}
        mean = sum(map(len, words.values())) / len(words)
        for key, all_words in words.items():
            self.norm[key] = k1 * (1 - b + b * len(all_words) / mean)
            for word, n in collections.Counter(all_words).items():
                self.lists[word].append((key, n))
        self.n = len(texts)

    @staticmethod
    def words(text):
        return [re.sub(r"(?<=\w{3})(ies|es|s|ing|ed)$", "", w) for w in re.findall(r"\w+", text.lower())]

    def rank(self, text, n):
        score = collections.Counter()
        for word in set(self.words(text)):
            found = self.lists.get(word, ())
            idf = math.log(1 + (self.n - len(found) + 0.5) / (len(found) + 0.5))
            for key, count in found:
                score[key] += idf * count * (self.k1 + 1) / (count + self.norm[key])
        return [key for key, _ in sorted(score.items(), key=lambda kv: (-kv[1], kv[0]))[:n]]


def is_held_out(claim):
    """A fifth of the train claims chooses thresholds and calibration, and is not trained on."""
    return claim["id"] % 5 == 4


def window(abstract, i, reach=1):
    """Sentence i with `reach` neighbours on either side."""
    return " ".join(abstract.sentences[max(0, i - reach):i + reach + 1])


def gold_label(claim, key):
    sets = claim["evidence"].get(str(key), [])
    if not sets:
        return NEUTRAL
    return ENTAILMENT if sets[0]["label"] == "SUPPORT" else CONTRADICTION


def labelled_pairs(data, claims, rng):
    """Gold rationales, alone, with neighbours and joined; other sentences near the claim as neutral."""
    pairs = []
    for claim in claims:
        text = claim["claim"]
        turned = nli_flips.flip(text, rng)
        for key in {int(k) for k in claim["evidence"]}:
            a, label = data.abstracts[key], gold_label(claim, key)
            rationale = {i for s in claim["evidence"][str(key)] for i in s["sentences"]}
            premises = [a.sentences[i] for i in sorted(rationale)]
            premises += [window(a, i) for i in sorted(rationale)][:2]
            premises += [" ".join(a.sentences[i] for i in s["sentences"])
                         for s in claim["evidence"][str(key)] if 1 < len(s["sentences"]) <= 3]
            pairs += [(p, text, label) for p in premises]
            if turned:
                pairs += [(p, turned, 1 - label) for p in premises[:2]]
            others = [i for i in range(len(a.sentences)) if all(abs(i - r) > 1 for r in rationale)]
            rng.shuffle(others)
            pairs += [(a.sentences[i], text, NEUTRAL) for i in others[:2]]
        cited = {int(k) for k in claim["evidence"]} | set(claim["cited_doc_ids"])
        silent = [k for k in claim["cited_doc_ids"] if str(k) not in claim["evidence"]]
        wrong = [k for k in data.nearest_abstracts(text, 8) if k not in cited]
        for n_sentences, keys in ((3, silent), (1, wrong[:4])):
            for key in keys:
                a, cosines = data.abstracts[key], data.cosines(text, key)
                for place, i in enumerate(np.argsort(-cosines)[:n_sentences].tolist()):
                    premise = a.sentences[i] if (place + len(pairs)) % 2 else window(a, i)
                    pairs.append((premise, text, NEUTRAL))
        if turned and wrong:
            a = data.abstracts[wrong[0]]
            pairs.append((a.sentences[int(np.argmax(data.cosines(text, a.key)))], turned, NEUTRAL))
        stranger = data.abstracts[rng.choice(list(data.abstracts))]
        if stranger.key not in cited:
            pairs.append((rng.choice(stranger.sentences), text, NEUTRAL))
    return pairs


def made_pairs(data, excluded, rng, n_titles):
    """Titles as claims: an abstract's nearest sentence says what its title says, and the opposite of the title
    turned round; a sentence turned round against its own title too, so that a turned text alone says nothing."""
    pairs = []
    keys = sorted(set(data.abstracts) - excluded)
    rng.shuffle(keys)
    for key in keys:
        a = data.abstracts[key]
        title = a.title.rstrip(".")
        turned = nli_flips.flip(title, rng)
        if turned is None or title.endswith("?") or len(title.split()) > 25:
            continue
        rows = data.vectors[a.first + 1:a.first + 1 + len(a.sentences)]
        cosines = rows @ data.vectors[a.first]
        best = int(np.argmax(cosines))
        if cosines[best] < 0.7:
            continue
        sentence = a.sentences[best]
        pairs += [(sentence, title, ENTAILMENT), (sentence, turned, CONTRADICTION)]
        against = nli_flips.flip_word(sentence, rng)
        if against:  # The sentence with itself: what is the same but for one word.
            pairs += [(against, sentence, CONTRADICTION), (sentence, sentence, ENTAILMENT)]
        lines = data.vectors @ data.vectors[a.first]
        lines[data.keys == key] = -1
        near = int(np.argmax(lines))
        if data.keys[near] not in excluded and lines[near] < 0.8:
            pairs.append((data.lines[near], rng.choice((title, turned)), NEUTRAL))
        if len(pairs) > 5 * n_titles:
            break
    return pairs


def cited_by(claims):
    return {k for c in claims for k in c["cited_doc_ids"]} | {int(k) for c in claims for k in c.get("evidence", {})}


def training_pairs(data, seed, n_titles):
    """(made pairs, labelled pairs) of the train claims that are not held out."""
    rng = random.Random(seed)
    kept = [c for c in data.train if not is_held_out(c)]
    made = made_pairs(data, cited_by(data.dev) | cited_by(data.train), rng, n_titles)
    labelled = labelled_pairs(data, kept, rng)
    return made, labelled
