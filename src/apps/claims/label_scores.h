// How good verdicts and their confidences are where it is known what is right.

#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "apps/claims/verdict.h"

namespace quern::apps {

struct LabelledVerdict {
  Verdict label = Verdict::kNotEnoughInfo;  // What is right.
  Verdict verdict = Verdict::kNotEnoughInfo;
  double confidence = 0;
  std::array<double, 3> scores = {0, 0, 1};  // By Verdict.
  bool is_abstention = false;
};

/// Of some of the claims: how sure they were, and how often right.
struct Sureness {
  std::size_t n_claims = 0;
  double confidence = 0;  // Mean.
  double accuracy = 0;
  double ece = 0;  // As below, of these claims.
};

struct LabelScores {
  std::size_t n_claims = 0;
  double accuracy = 0;
  double macro_f1 = 0;  // Mean of the F1 of the three verdicts; 0 of one that never occurs.
  // Expected calibration error: |accuracy - confidence| of each of 10 equal-width bins, weighted by
  // their claims. Source: Guo et al. 2017 (arXiv 1706.04599), equation 3.
  double ece = 0;
  // Sum of squares over the three scores, mean over claims. Source: Brier 1950.
  double brier = 0;
  // Of the 80 % of claims with the highest confidence; of equal ones those that come first.
  double accuracy_at_80 = 0;
  std::array<std::array<std::size_t, 3>, 3> confusion = {};    // [label][verdict]
  std::array<double, 3> precision = {}, recall = {}, f1 = {};  // By Verdict.
  std::array<Sureness, 3> said = {};                           // By Verdict, as it was said.
  Sureness abstained = {};  // Those of NOT_ENOUGH_INFO where a side was ahead.
};

/// All 0 of no claims.
LabelScores score_labels(std::span<const LabelledVerdict> verdicts);

/// Accuracy of the `share` (0 to 1) of claims with the highest confidence, rounded up.
double accuracy_at_coverage(std::span<const LabelledVerdict> verdicts, double share);

/// An object with all of them.
std::string json_from_scores(const LabelScores& scores);

}  // namespace quern::apps
