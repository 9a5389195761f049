#include "engine/scoring/cosine.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace quern::engine {
namespace {

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * double{b[i]};
  return sum;
}

}  // namespace

float cosine(std::span<const float> a, std::span<const float> b) {
  QUERN_CHECK(a.size() == b.size());
  const double aa = dot(a, a);
  const double bb = dot(b, b);
  if (aa <= 0 || bb <= 0) return 0.0f;
  // Rounding must not make a text more like itself than 1.
  return static_cast<float>(std::clamp(dot(a, b) / (std::sqrt(aa) * std::sqrt(bb)), -1.0, 1.0));
}

}  // namespace quern::engine
