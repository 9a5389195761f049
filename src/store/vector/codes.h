// A vector as 8 bits plus 8 bits: signed codes with one scale, and their rounding error in steps
// of 1/254 as a second plane. x is about scale * (hi + lo / 254), each number within
// scale / 508 of the original, and all products are exact integers.
//
// In rows both planes are stored as code + 128, the form of kernels/codes/codes.h.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "kernels/codes/codes.h"

namespace quern::store {

enum class Metric {
  kCosine,  // The cosine. Vectors are normalised first.
  kDot,     // The dot product.
  kL2,      // Minus the squared distance: larger is nearer.
};

/// "cosine", "dot", "l2".
const char* metric_name(Metric metric);
/// Errors: kBadInput naming the known ones.
Result<Metric> metric_from_name(std::string_view name);

/// Steps of the second plane to one of the first.
inline constexpr int kLowSteps = 254;

/// What belongs to a row's codes.
struct CodeFactors {
  float scale = 0;
  float norm2 = 0;  // The squared length of the vector that the codes stand for.
};

/// Writes the two planes of `x`, [padded_codes(d)] each, the padding included.
///
/// Errors: kBadInput if a value is not finite, all are zero, or the squared length leaves what
///   products in f32 can hold; the caller names whose vector it is.
Result<CodeFactors> quantise(std::span<const float> x, Metric metric, std::span<std::uint8_t> hi,
                             std::span<std::uint8_t> lo);

/// A vector to search with.
struct VectorQuery {
  Metric metric = Metric::kCosine;
  int d = 0;
  std::vector<std::int8_t> planes;  // [2, padded_codes(d)]: codes, then their rounding errors
  CodeFactors factors;

  std::span<const std::int8_t> hi() const { return std::span(planes).first(planes.size() / 2); }
};

/// Errors: as quantise; kBadInput if x has not `d` values.
Result<VectorQuery> make_query(std::span<const float> x, int d, Metric metric);

/// The score of a row by both planes, from the four products of its planes with the query's.
/// NaN only if factors from outside are.
struct PlaneDots {
  std::int32_t hi_hi = 0;
  std::int32_t hi_lo = 0;  // The query's codes with the row's errors.
  std::int32_t lo_hi = 0;
  std::int32_t lo_lo = 0;
};
float full_score(const VectorQuery& query, const CodeFactors& row, const PlaneDots& dots);

}  // namespace quern::store
