// Short arithmetic on vectors of turns, in one order of summation everywhere.

#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace quern::apps {

inline float dot(std::span<const float> a, std::span<const float> b) {
  float sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// To length 1; zeros stay.
inline void to_unit(std::span<float> x) {
  const float length = std::sqrt(dot(x, x));
  if (length > 0) {
    for (float& value : x) value /= length;
  }
}

}  // namespace quern::apps
