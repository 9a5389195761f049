// A predictor as bytes: its facts as JSON, its numbers as they lie. docs/dialogue.md has the form.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "apps/dialogue/turn_predictor.h"
#include "base/status.h"

namespace quern::apps {

inline constexpr int kPredictorVersion = 1;

/// The spec of the context, the prior, the ridge, the confidence.
std::string facts_of(const PredictorParts& parts);

/// Weights [d_x, d], bias [d] and mean [d], f32, little-endian.
std::string numbers_of(const PredictorParts& parts);

/// Whatever the bytes are, there is a predictor or a reason, and no more memory is taken than they
/// warrant. Errors: kBadInput for damage; kUnsupported for another version, with both.
Result<TurnPredictor> predictor_from(std::string_view facts, std::span<const std::byte> numbers);

/// [n] floats of 4 bytes each. Errors: kBadInput where there are other than n of them.
Result<std::vector<float>> floats_from(std::span<const std::byte> bytes, std::size_t n);
std::string bytes_from(std::span<const float> values);

}  // namespace quern::apps
