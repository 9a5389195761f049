// How often the next turn of a dialogue is found among others: recall at k and mean reciprocal
// rank, of predictions and of baselines alike.
// Source: Lowe et al. 2015 (the Ubuntu dialogue corpus), 1 of N with recall at k.

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "apps/dialogue/choice_sets.h"
#include "base/status.h"

namespace quern::apps {

/// Scores of a set's candidates, in their order.
using ScoreCandidates = std::function<std::vector<float>(const ChoiceSet& set)>;

struct ChoiceMetrics {
  std::string name;
  std::size_t n = 0;
  double recall_1 = 0, recall_2 = 0, recall_5 = 0, recall_10 = 0;
  double mrr = 0;
  // Half the width of the 95 % interval, by dialogues (bootstrap): of recall at 1, of mrr.
  double margin = 0, mrr_margin = 0;
};

/// A candidate that scores as the right one does stands before it: who gives all the same score
/// finds nothing.
ChoiceMetrics measure(const std::string& name, std::span<const ChoiceSet> sets,
                      const ScoreCandidates& score);

/// Cosines with a vector for each turn, [n_turns, d] by dialogue, of length 1 as are `turns`.
ScoreCandidates score_by_vectors(const std::vector<std::vector<float>>& predicted,
                                 std::span<const DialogueVectors> turns);

/// Words of the last known turn by BM25, with the statistics of these dialogues' turns.
ScoreCandidates score_by_words(std::span<const DialogueVectors> dialogues);

/// Any order, by a seed.
ScoreCandidates score_by_chance(std::uint64_t seed);

/// The mean of all turns so far, [n_turns, d] by dialogue, of length 1.
std::vector<std::vector<float>> context_means(std::span<const DialogueVectors> dialogues);

/// A choice and how sure it was.
struct SureChoice {
  double confidence = 0;
  bool is_right = false;
};

struct ConfidenceMetrics {
  double ece = 0;          // Expected calibration error, 10 equal-width bins.
  double accuracy = 0;     // Of all,
  double accuracy_80 = 0;  // and of the 80 % that it is surest of.
};
ConfidenceMetrics measure_confidence(std::vector<SureChoice> choices);

}  // namespace quern::apps
