#include "engine/scoring/cosine.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/dot.h"

namespace quern::engine {
float cosine(std::span<const float> a, std::span<const float> b) {
  QUERN_CHECK(a.size() == b.size());
  const double aa = wide_dot(a, a);
  const double bb = wide_dot(b, b);
  if (aa <= 0 || bb <= 0) return 0.0f;
  // Rounding must not make a text more like itself than 1.
  return static_cast<float>(
      std::clamp(wide_dot(a, b) / (std::sqrt(aa) * std::sqrt(bb)), -1.0, 1.0));
}

}  // namespace quern::engine
