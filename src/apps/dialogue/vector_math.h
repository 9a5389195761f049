// Short arithmetic on vectors of turns, in one order of summation everywhere.

#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include "base/dot.h"

namespace quern::apps {

/// To length 1; zeros stay.
inline void to_unit(std::span<float> x) {
  const float length = std::sqrt(dot(x, x));
  if (length > 0) {
    for (float& value : x) value /= length;
  }
}

/// As a turn is compared: the mean turn taken off, length 1. Shapes: turn, mean [d].
inline void centre(std::span<float> turn, std::span<const float> mean) {
  for (std::size_t i = 0; i < turn.size(); ++i) turn[i] -= mean[i];
  to_unit(turn);
}

}  // namespace quern::apps
