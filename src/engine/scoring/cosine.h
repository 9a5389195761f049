// How alike two vectors are.

#pragma once

#include <span>

namespace quern::engine {

/// From -1 to 1; 0 where one of them is zero. Of any length: vectors of models without a Normalize
/// module have lengths of their own.
///
/// Shapes: a [n], b [n]. Numerics: sums in double, the result in f32.
float cosine(std::span<const float> a, std::span<const float> b);

}  // namespace quern::engine
