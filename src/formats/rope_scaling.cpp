#include "formats/rope_scaling.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace quern::formats {
namespace {

constexpr double kTwoPi = 2 * std::numbers::pi;

/// The pair (as a real number) that turns `n_turns` times over the original positions.
double pair_of_turns(double n_turns, int n_dims, double base, int n_positions) {
  return n_dims * std::log(n_positions / (n_turns * kTwoPi)) / (2 * std::log(base));
}

}  // namespace

std::vector<float> linear_rope_factors(int n_dims, double factor) {
  return std::vector<float>(static_cast<std::size_t>(n_dims / 2), static_cast<float>(factor));
}

std::vector<float> llama3_rope_factors(int n_dims, double base, const Llama3Scaling& s) {
  std::vector<float> out;
  for (int i = 0; i < n_dims / 2; ++i) {
    const double wavelength = kTwoPi * std::pow(base, 2.0 * i / n_dims);
    double divisor = s.factor;
    if (wavelength < s.n_original_positions / s.high_freq_factor) {
      divisor = 1;
    } else if (wavelength <= s.n_original_positions / s.low_freq_factor) {
      const double smooth = (s.n_original_positions / wavelength - s.low_freq_factor) /
                            (s.high_freq_factor - s.low_freq_factor);
      divisor = 1 / ((1 - smooth) / s.factor + smooth);
    }
    out.push_back(static_cast<float>(divisor));
  }
  return out;
}

std::vector<float> yarn_rope_factors(int n_dims, double base, const YarnScaling& s) {
  double low = pair_of_turns(s.beta_fast, n_dims, base, s.n_original_positions);
  double high = pair_of_turns(s.beta_slow, n_dims, base, s.n_original_positions);
  if (s.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, n_dims - 1.0);
  if (low == high) high += 0.001;  // As the reference does, against a division by zero.
  std::vector<float> out;
  for (int i = 0; i < n_dims / 2; ++i) {
    const double stretched = std::clamp((i - low) / (high - low), 0.0, 1.0);
    out.push_back(static_cast<float>(1 / (stretched / s.factor + (1 - stretched))));
  }
  return out;
}

double yarn_magnitude(double factor) { return factor <= 1 ? 1 : 0.1 * std::log(factor) + 1; }

double long_rope_magnitude(double factor, int n_original_positions) {
  if (factor <= 1) return 1;
  return std::sqrt(1 + std::log(factor) / std::log(n_original_positions));
}

}  // namespace quern::formats
