// From judged sentences to one verdict: sentences that are near enough and say something vote, as
// strong as they are near and sure, each source at most once; neutral ones never do. A pure
// function: the same numbers give the same bytes.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/claims/calibration.h"
#include "apps/claims/claim_evidence.h"
#include "base/status.h"

namespace quern::apps {

enum class Verdict { kSupported, kRefuted, kNotEnoughInfo };

/// "SUPPORTED", "REFUTED", "NOT_ENOUGH_INFO".
const char* verdict_name(Verdict verdict);
/// Also the names of SciFact, FEVER and TruthGraph (SUPPORT, CONTRADICT, REFUTES, NOT ENOUGH INFO,
/// INSUFFICIENT, ...), in any case. Errors: kBadInput naming the known ones.
Result<Verdict> verdict_from_name(std::string_view name);

/// What a judge is asked about one sentence. Everything is borrowed.
struct JudgedPair {
  std::string_view source;  // Its key.
  NliLogits logits;
  Nearness nearness;
  bool has_mismatch = false;  // A number, date, unit or negation that is not the claim's.
};

enum class Voice { kSupports, kRefutes, kNeutral, kIrrelevant, kRepeats };

/// What became of a sentence: [as the pairs].
struct SentenceVoice {
  Voice voice = Voice::kNeutral;
  NliScores scores;      // Calibrated; sum 1.
  double relevance = 0;  // 0 to 1.
  double weight = 0;     // What it added; exactly 0 for those that do not vote.
};

struct Judgement {
  Verdict verdict = Verdict::kNotEnoughInfo;
  double confidence = 0;  // Of this verdict, calibrated: one quantity everywhere.
  std::array<double, 3> scores = {0, 0, 1};  // By Verdict; sum 1.
  bool is_conflicting = false;               // Sources speak strongly for both sides.
  bool is_abstention = false;                // A side was ahead, but not by enough to say so.
  std::vector<Verdict> conformal_set =
      {};  // Holds the right one as often as was fitted; empty: not fitted.
  std::vector<SentenceVoice> voices = {};
  std::string reason;  // A sentence for people.
};

/// Without pairs: kNotEnoughInfo, and why. Errors: kBadInput for logits that are not finite.
Result<Judgement> judge(std::span<const JudgedPair> pairs, const Calibration& calibration);

}  // namespace quern::apps
