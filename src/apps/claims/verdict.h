// From judged sentences to one verdict. A sentence is heard where it is near enough and says
// something; each source has one voice, that of its most relevant sentence, and sources that say
// the same words have one together. A pure function: the same numbers give the same bytes, in
// whatever order they come.
//
//   p         = softmax(logits / temperature)
//   relevance = sigmoid(bias + sum of weight x signal)          a sentence decides the claim
//   stance    = sigmoid(bias + sum of weight x signal)          it supports it, if it decides
//   heard     : neutral is not the most likely label, and relevance >= gate
//               a sentence in the very words of the claim is heard and supports it, whatever the
//               model says of it
//   any       = 1 - product over sources of (1 - relevance)
//   S         = 1 - product of (1 - relevance x stance),  R with (1 - stance)
//   enough    = sigmoid(bias + weight x logit(any))
//   scores    = enough x S / (S + R),  enough x R / (S + R),  1 - enough
//   verdict   : the side whose score is above `least` and not below that of NOT_ENOUGH_INFO;
//               where sources conflict, only if it has 0.65 of S + R
//
// Of nothing that is heard the verdict is NOT_ENOUGH_INFO, whatever the calibration says; where the
// model has not read all of the evidence, too.
// What is not heard is in no sum and no product. Fitting is in claim_fit.h, the reasons are in
// docs/claims_judging.md. Source: Wadden et al. 2020 (SciFact) for the task; noisy-or over
// independent sources.

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
#include "apps/claims/claim_rules.h"
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
  std::string_view source = {};  // Its key.
  NliLogits logits = {};
  Nearness nearness = {};
  PairReading reading = {};  // Of claim and sentence by rule.
  std::string said = {};     // said_words() of the sentence; "": not known, as no other.
  bool is_cut = false;       // The model has read only a part of sentence and claim.
  bool is_claim = false;     // It states the claim in the same words: says_claim().
};

enum class Voice { kSupports, kRefutes, kNeutral, kIrrelevant, kRepeats, kUnread };

/// What became of a sentence: [as the pairs].
struct SentenceVoice {
  Voice voice = Voice::kNeutral;
  NliScores scores;      // Calibrated; sum 1.
  double relevance = 0;  // 0 to 1.
  double stance = 0.5;   // That it supports the claim, if it decides.
  double weight = 0;     // relevance x stance, or x (1 - stance); exactly 0 for the unheard.
};

struct Judgement {
  Verdict verdict = Verdict::kNotEnoughInfo;
  double confidence = 0;  // Of this verdict, calibrated: one quantity everywhere.
  std::array<double, 3> scores = {0, 0, 1};  // By Verdict; sum 1.
  bool is_conflicting = false;               // Sources speak strongly for both sides.
  // A side was ahead, but not by enough to say so; or not all evidence could be read.
  bool is_abstention = false;
  std::vector<Verdict> conformal_set =
      {};  // Holds the right one as often as was fitted; empty: not fitted.
  std::vector<SentenceVoice> voices = {};
  std::string reason;  // A sentence for people.
};

/// A sentence by which copies are known: lower case (ASCII), one blank where there are some,
/// without the marks at its end. Any bytes will do.
std::string said_words(std::string_view sentence);

/// Whether a whole sentence states the claim: the same words by said_words(), and it does not ask.
bool says_claim(std::string_view claim, std::string_view sentence);

/// [kRelevanceSignals] of one sentence; `usual` where a signal is not known.
std::array<double, kRelevanceSignals> relevance_signals(const JudgedPair& pair,
                                                        const Calibration& calibration);
/// [kStanceSignals] of one sentence.
std::array<double, kStanceSignals> stance_signals(const JudgedPair& pair,
                                                  const Calibration& calibration);
/// Softmax at a temperature.
NliScores scores_at(const NliLogits& logits, double temperature);

/// What the sources that are heard say together, before it is known what is enough.
struct ClaimVoices {
  double any = 0;       // That one of them decides.
  double supports = 0;  // S
  double refutes = 0;   // R
};

/// Without pairs: kNotEnoughInfo, and why. Errors: kBadInput for logits that are not finite.
Result<Judgement> judge(std::span<const JudgedPair> pairs, const Calibration& calibration);

/// The first half of it: voices by pair, and what they say together. Errors: as judge.
Result<ClaimVoices> hear(std::span<const JudgedPair> pairs, const Calibration& calibration,
                         std::vector<SentenceVoice>& voices);

/// log(p / (1 - p)), of p kept apart from 0 and 1.
double log_odds_of(double p);

}  // namespace quern::apps
