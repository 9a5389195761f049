#include "kernels/int8/int8_equalise.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/check.h"

namespace quern::kernels {
namespace {

// Beyond this ratio to the geometric mean a factor would only push the trouble to the other side.
constexpr double kMostLog = 6.0;  // e^6 = 403

// Natural logarithms, 0 and below counting as the smallest positive entry (1 where there is none).
void logs_of(std::span<double> values) {
  double least = 0;
  for (const double v : values) {
    if (v > 0 && (least == 0 || v < least)) least = v;
  }
  for (double& v : values) v = least == 0 ? 0.0 : std::log(v > 0 ? v : least);
}

}  // namespace

void int8_observe(Matrix<const float> x, std::span<float> a_max) {
  QUERN_CHECK(static_cast<int>(a_max.size()) == x.cols);
  for (int r = 0; r < x.rows; ++r) {
    const std::span<const float> row = x.row(r);
    for (std::size_t k = 0; k < row.size(); ++k) {
      const float magnitude = std::fabs(row[k]);
      if (std::isfinite(magnitude)) a_max[k] = std::max(a_max[k], magnitude);
    }
  }
}

void int8_equalise(std::span<const float> w_max, std::span<const float> a_max, float alpha,
                   std::span<float> factors) {
  const std::size_t n = w_max.size();
  QUERN_CHECK(a_max.size() == n && factors.size() == n && n > 0);
  std::vector<double> log_w(w_max.begin(), w_max.end());
  std::vector<double> log_a(a_max.begin(), a_max.end());
  logs_of(log_w);
  logs_of(log_a);
  double mean = 0;
  for (std::size_t k = 0; k < n; ++k) {
    log_w[k] = (1.0 - double{alpha}) * log_w[k] - double{alpha} * log_a[k];
    mean += log_w[k] / static_cast<double>(n);
  }
  for (std::size_t k = 0; k < n; ++k) {
    factors[k] = static_cast<float>(std::exp(std::clamp(log_w[k] - mean, -kMostLog, kMostLog)));
  }
}

void int8_unscale(Matrix<const float> weights, std::span<const float> factors, Matrix<float> out) {
  QUERN_CHECK(out.same_shape(weights.rows, weights.cols));
  QUERN_CHECK(static_cast<int>(factors.size()) == weights.cols);
  for (int o = 0; o < weights.rows; ++o) {
    const float* from = weights.row_data(o);
    float* to = out.row_data(o);
    for (int k = 0; k < weights.cols; ++k) to[k] = from[k] / factors[static_cast<std::size_t>(k)];
  }
}

}  // namespace quern::kernels
