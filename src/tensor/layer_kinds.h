// Kinds of the parts of a layer, as a model's files name them (formats/) and kernels compute them.

#pragma once

#include <cstdint>

namespace quern {

/// kGelu is the exact one (erf), kGeluTanh its usual approximation.
enum class Activation : std::uint8_t { kNone, kGelu, kGeluTanh, kRelu, kSilu };

/// By mean and variance, or by the root of the mean square.
enum class NormKind : std::uint8_t { kLayer, kRms };

}  // namespace quern
