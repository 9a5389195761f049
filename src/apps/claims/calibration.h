// What turns a model's logits and a sentence's nearness into probabilities, fitted on labelled
// claims for one model: a calibration says of which, and is refused for another. Its formulas are
// in verdict.h.

#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::apps {

/// By meaning, whatever order the model has them in.
struct NliLogits {
  float entailment = 0;
  float contradiction = 0;
  float neutral = 0;
};

struct NliScores {
  double entailment = 0;
  double contradiction = 0;
  double neutral = 0;
};

/// Of measuring how far probabilities can be believed.
struct CalibrationReport {
  std::size_t n_claims = 0;
  double accuracy = 0;
  double ece = 0;    // Expected calibration error, 10 equal-width bins.
  double brier = 0;  // Sum over the three verdicts, mean over claims.
};

/// What tells whether a sentence decides a claim, whichever way. Each is 0 to about 1, but for
/// kSaysSomething, which is below 0.
enum RelevanceSignal : std::size_t {
  kCosine,         // Of sentence and claim,
  kPassageCosine,  // of its passage and the claim.
  kOverlap,        // Share of the claim's words that the sentence says.
  kRank,           // 1 / rank of its passage.
  kSaysSomething,  // log(1 - p_neutral + 0.001), calibrated.
  kLexical,        // BM25 of the sentence for each word of the claim,
  kPassageLexical  // of its passage.
};
inline constexpr std::size_t kRelevanceSignals = 7;

/// What tells which way a sentence that decides goes.
enum StanceSignal : std::size_t {
  kNliStance,     // tanh((entailment - contradiction - centre) / scale), of logits.
  kDirection,     // PairReading::direction.
  kNegationSays,  // 1 where the rule for negation finds a mismatch,
  kAmountSays     // where those for numbers, dates or units do.
};
inline constexpr std::size_t kStanceSignals = 4;

struct Calibration {
  std::string model = {};      // For people,
  std::string digest = {};     // and what decides: hub::model_digest of the NLI model.
  std::string fitted_on = {};  // "SciFact train (CC BY 4.0), 809 claims"; "": nothing, defaults.
  double temperature = 1;      // Of the label scores that are shown.

  double relevance_bias = 0;
  std::array<double, kRelevanceSignals> relevance_weights = {};
  std::array<double, kRelevanceSignals> usual = {};  // In place of a signal that is not known.
  double gate = 0;                                   // Least relevance that has a voice,
  double cited = 0;                                  // and with which a source is said to decide.

  double stance_bias = 0;
  std::array<double, kStanceSignals> stance_weights = {};
  double nli_center = 0;
  double nli_scale = 1;

  double enough_bias = 0;                     // From the log odds that any source decides
  double enough_weight = 1;                   // to those that the claim can be decided.
  std::array<double, 3> unheard = {0, 0, 1};  // By Verdict, where no sentence has a voice.

  double least = 0.5;          // Score of a side below which nothing is said.
  double conformal_level = 0;  // How often the set holds the right verdict; 0: not fitted.
  double conformal_least = 0;  // Score from which a verdict is in the set.

  CalibrationReport report = {};
};

/// Scores for a claim of which nothing is heard: as they are where NOT_ENOUGH_INFO is not below a
/// side, else it has one half and the sides share the other as they did.
std::array<double, 3> unheard_scores(const std::array<double, 3>& scores);

/// What is used where nothing was fitted for a model. Relevance and what is enough are those of
/// SciFact's train part; of the model it trusts half of what it says.
Calibration default_calibration();

std::string json_from_calibration(const Calibration& calibration);
/// Errors: kBadInput, also where a claim of which nothing is heard would be decided; kUnsupported
/// for a newer version.
Result<Calibration> calibration_from_json(std::string_view json);

}  // namespace quern::apps
