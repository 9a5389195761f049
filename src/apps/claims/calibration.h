// What turns a model's logits and a sentence's nearness into probabilities, fitted on labelled
// claims for one model: a calibration says of which, and is refused for another.

#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

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

struct Calibration {
  std::string model = {};      // For people,
  std::string digest = {};     // and what decides: hub::model_digest of the NLI model.
  std::string fitted_on = {};  // "SciFact train (CC BY 4.0), 809 claims"; "": nothing, defaults.
  double temperature = 1;
  // What else is fitted: see verdict.cpp. Extended by whoever writes it.
  CalibrationReport report = {};
};

/// Those that are used where nothing was fitted for a model.
Calibration default_calibration();

std::string json_from_calibration(const Calibration& calibration);
/// Errors: kBadInput; kUnsupported for a newer version.
Result<Calibration> calibration_from_json(std::string_view json);

}  // namespace quern::apps
