// Labels of one's own: each becomes a hypothesis, and an entailment (NLI) model says how far the
// text entails it.
// Source: Yin et al. 2019 (arXiv 1909.00161); huggingface/transformers
// pipelines/zero_shot_classification.py, from which this differs in finding labels by their names.

#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace quern::engine {

inline constexpr std::string_view kLabelPlace = "{}";

struct ZeroShot {
  std::vector<std::string> labels;
  std::string hypothesis = "This example is {}.";  // With a label in its place.
  bool multi_label = false;                        // Each label is right or wrong by itself.

  /// What a text is paired with, by label.
  std::vector<std::string> hypotheses() const;

  /// Of a single label alone a softmax over labels would say 1.
  bool judges_each() const { return multi_label || labels.size() == 1; }
};

/// Errors: kBadInput for no labels, and for empty or repeated ones.
Status check_labels(std::span<const std::string> labels);

/// Errors: kBadInput for one without a single "{}".
Status check_hypothesis(std::string_view hypothesis);

/// Which of a model's labels mean what.
struct EntailmentLabels {
  std::size_t entailment = 0;
  std::size_t contradiction = 0;
  // "neutral..."; of two labels the one that is contradiction only because it is the other one:
  // such a model says nothing of contradiction alone.
  std::optional<std::size_t> neutral = {};
};

/// By their names, in any case: "entail...", and "contradict..." or, of two labels, the other one
/// ("not_entailment"). Their order says nothing.
/// Errors: kBadInput naming the labels where one of the two is missing or is there twice.
Result<EntailmentLabels> find_entailment(std::span<const std::string> labels);

/// The scores of one text: a softmax over the entailment of all labels, or of each label one over
/// its entailment and contradiction.
///
/// Shapes: logits [n_hypotheses, n_model_labels] row by row; out [n_hypotheses].
std::vector<float> zero_shot_scores(const ZeroShot& asked, const EntailmentLabels& labels,
                                    std::span<const std::vector<float>> logits);

}  // namespace quern::engine
