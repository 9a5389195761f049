#include "engine/scoring/max_sim.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace quern::engine {
namespace {

/// In sixteen sums of their own, which a compiler can keep in registers.
float dot(std::span<const float> a, std::span<const float> b) {
  constexpr std::size_t kLanes = 16;
  float sums[kLanes] = {};
  const std::size_t n_whole = a.size() - a.size() % kLanes;
  for (std::size_t i = 0; i < n_whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  float sum = 0;
  for (const float lane : sums) sum += lane;
  for (std::size_t i = n_whole; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

float max_sim(Matrix<const float> query, Matrix<const float> document, bool averages) {
  QUERN_CHECK(query.rows > 0 && document.rows > 0 && query.cols == document.cols);
  double sum = 0;
  for (int q = 0; q < query.rows; ++q) {
    float best = -std::numeric_limits<float>::infinity();
    for (int d = 0; d < document.rows; ++d) {
      best = std::max(best, dot(query.row(q), document.row(d)));
    }
    sum += best;
  }
  return static_cast<float>(averages ? sum / query.rows : sum);
}

}  // namespace quern::engine
