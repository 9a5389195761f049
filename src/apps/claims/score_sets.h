// The measures of FEVER and SciFact: not only whether a verdict is right, but whether the sentences
// that are shown for it are those that decide.

#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "apps/claims/verdict.h"
#include "apps/claims/verify_claim.h"

namespace quern::apps {

struct F1Score {
  double precision = 0;
  double recall = 0;
  double f1 = 0;  // 0 where both are 0.
};

/// A sentence of a source.
struct SentenceId {
  std::string source;
  std::uint32_t i_sentence = 0;

  auto operator<=>(const SentenceId&) const = default;
};

struct FeverGold {
  Verdict label = Verdict::kNotEnoughInfo;
  std::vector<std::vector<SentenceId>> sets = {};  // Each alone is enough.
};

struct FeverPrediction {
  Verdict verdict = Verdict::kNotEnoughInfo;
  std::vector<SentenceId> evidence = {};  // The best first; the first five count.
};

struct FeverScores {
  double fever = 0;  // Verdict right and, unless kNotEnoughInfo, one whole set among the evidence.
  double accuracy = 0;  // Verdict right.
  // Of claims that can be decided, mean over claims: of the evidence that is in any set (1 where
  // none is given), and whether a whole set is there.
  F1Score evidence;
};

inline constexpr std::size_t kFeverEvidence = 5;

/// Source: Thorne et al. 2018 (FEVER), section 5.1; sheffieldnlp/fever-scorer, src/fever/scorer.py.
/// Of no claims all are 0. One prediction for each claim is the caller's business.
FeverScores fever_scores(std::span<const FeverGold> gold,
                         std::span<const FeverPrediction> predictions);

/// What one abstract decides, and by which sentences.
struct SciFactAbstract {
  Verdict label = Verdict::kSupported;                      // Not kNotEnoughInfo.
  std::vector<std::vector<std::uint32_t>> rationales = {};  // Each alone is enough.
};

struct SciFactPredicted {
  Verdict label = Verdict::kSupported;
  std::vector<std::uint32_t> sentences = {};  // The best first.
};

using SciFactGold = std::map<std::string, SciFactAbstract>;         // By abstract, of one claim.
using SciFactPrediction = std::map<std::string, SciFactPredicted>;  // The same.

struct SciFactScores {
  F1Score abstract_label_only;    // An abstract of evidence with its label.
  F1Score abstract_rationalized;  // And a whole rationale among its first three sentences.
  F1Score sentence_selection;     // A sentence of a rationale that is there as a whole,
  F1Score sentence_label;         // in an abstract with its label.
};

inline constexpr std::size_t kSciFactSentences = 3;

/// Micro averages over claims. Predictions of kNotEnoughInfo are left out.
/// Source: Wadden et al. 2020 (SciFact, arXiv 2004.14974), section 4.2; allenai/scifact,
/// verisci/evaluate/lib/metrics.py.
SciFactScores scifact_scores(std::span<const SciFactGold> gold,
                             std::span<const SciFactPrediction> predictions);

/// The sources that a judged claim cites: those whose voice is at least as relevant as
/// `calibration.cited`, with the side of that voice; their heard sentences, the most relevant
/// first.
SciFactPrediction cited_abstracts(const ClaimResult& result, const Calibration& calibration);

/// The sentences that speak for the verdict, the most relevant first.
FeverPrediction cited_sentences(const ClaimResult& result);

}  // namespace quern::apps
