#!/usr/bin/env python3
"""Tests of reference_scores.py, on numbers that can be checked by hand. Needs: numpy."""
import sys
import unittest

try:
    import numpy as np
except ImportError:
    sys.exit(77)  # CTest's "skipped".

import reference_scores as scores


class Ndcg(unittest.TestCase):
    def score(self, gains: dict) -> float:
        documents = np.eye(3)
        query = np.array([[0.9, 0.5, 0.1]])  # Ranks the documents a, b, c.
        return scores.ndcg(query, documents, ["q"], ["a", "b", "c"], {"q": gains})

    def test_a_perfect_ranking_is_one(self):
        self.assertAlmostEqual(self.score({"a": 2, "b": 1}), 1.0)

    def test_the_only_relevant_one_at_rank_three(self):
        self.assertAlmostEqual(self.score({"c": 1}), 1.0 / 2.0)  # 1 / log2(4)

    def test_gains_are_linear(self):
        found = 1 + 3 / np.log2(3)
        ideal = 3 + 1 / np.log2(3)
        self.assertAlmostEqual(self.score({"a": 1, "b": 3}), found / ideal)

    def test_a_query_without_relevant_documents_does_not_count(self):
        documents = np.eye(2)
        gains = {"q": {"a": 1}, "r": {"b": 0}}
        value = scores.ndcg(np.eye(2), documents, ["q", "r"], ["a", "b"], gains)
        self.assertAlmostEqual(value, 1.0)


class Spearman(unittest.TestCase):
    def test_monotone_is_one_whatever_the_scale(self):
        self.assertAlmostEqual(scores.spearman(np.array([1, 2, 5]), np.array([0.1, 30, 31])), 1.0)

    def test_ties_share_their_rank(self):
        self.assertEqual(scores.ranks(np.array([3, 1, 3, 2])).tolist(), [3.5, 1.0, 3.5, 2.0])


class Margins(unittest.TestCase):
    def test_margin_is_between_probabilities(self):
        logits = np.log(np.array([[0.5, 0.3, 0.2]]))
        self.assertAlmostEqual(float(scores.margins(logits)[0]), 0.2)


if __name__ == "__main__":
    unittest.main()
