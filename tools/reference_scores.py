"""Scores of embeddings on judged data: ranking (nDCG@10, exact search) and sentence similarity."""
import numpy as np


def ndcg(queries: np.ndarray, documents: np.ndarray, query_ids: list[str], document_ids: list[str],
         gains: dict[str, dict[str, int]], depth: int = 10) -> float:
    """Mean over the judged queries; linear gain, log2 discount. Vectors have length 1.

    Source: Jarvelin and Kekalainen 2002, as trec_eval's ndcg_cut.
    """
    scores = queries.astype(np.float64) @ documents.astype(np.float64).T
    discounts = 1.0 / np.log2(np.arange(depth) + 2.0)
    total, n_judged = 0.0, 0
    for q, row in zip(query_ids, scores):
        judged = {d: g for d, g in gains.get(q, {}).items() if g > 0}
        if not judged:
            continue
        top = np.argsort(-row, kind="stable")[:depth]
        found = np.array([max(0, gains[q].get(document_ids[i], 0)) for i in top])
        ideal = np.sort(list(judged.values()))[::-1][:depth]
        total += float(found @ discounts[:len(found)]) / float(ideal @ discounts[:len(ideal)])
        n_judged += 1
    return total / n_judged


def ranks(values: np.ndarray) -> np.ndarray:
    """1-based; ties share the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2.0)[inverse]


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def pair_cosines(vectors: np.ndarray, row_of: dict[str, int], rows: list[dict]) -> np.ndarray:
    first = vectors[[row_of[r["s1"]] for r in rows]].astype(np.float64)
    second = vectors[[row_of[r["s2"]] for r in rows]].astype(np.float64)
    return (first * second).sum(axis=1)


def softmax(logits: np.ndarray) -> np.ndarray:
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def margins(logits: np.ndarray) -> np.ndarray:
    """Probability of the best label less that of the second."""
    ordered = np.sort(softmax(logits.astype(np.float64)), axis=1)
    return ordered[:, -1] - ordered[:, -2]
