#include "kernels/int8/int8_equalise.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace quern::kernels {
namespace {

std::vector<float> maxima(Matrix<const float> weights) {
  std::vector<float> out(static_cast<std::size_t>(weights.cols), 0.0f);
  int8_observe(weights, out);
  return out;
}

TEST(int8_equalise, a_large_channel_hands_half_of_its_size_to_the_weights) {
  // Square roots of w_max / a_max: 1, 1/4, 4; their geometric mean is 1.
  const std::vector<float> w = {1, 1, -4, -0.5f, 0.25f, 2};
  const std::vector<float> a_max = {1, 16, 0.25f};
  std::vector<float> factors(3);
  int8_equalise(maxima({w.data(), 2, 3}), a_max, 0.5f, factors);
  EXPECT_FLOAT_EQ(factors[0], 1.0f);
  EXPECT_FLOAT_EQ(factors[1], 0.25f);
  EXPECT_FLOAT_EQ(factors[2], 4.0f);

  std::vector<float> scaled(6);
  int8_unscale({w.data(), 2, 3}, factors, {scaled.data(), 2, 3});
  EXPECT_EQ(scaled, (std::vector<float>{1, 4, -1, -0.5f, 1, 0.5f}));
}

TEST(int8_equalise, the_factors_have_geometric_mean_one) {
  std::vector<float> w(4 * 50), a_max(50), factors(50);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = 0.01f + float(i * 37 % 101);
  for (std::size_t i = 0; i < a_max.size(); ++i) a_max[i] = 0.5f + float(i * 13 % 29);
  for (const float alpha : {0.0f, 0.3f, 0.5f, 1.0f}) {
    int8_equalise(maxima({w.data(), 4, 50}), a_max, alpha, factors);
    double mean = 0;
    for (const float f : factors) mean += std::log(f) / 50;
    EXPECT_NEAR(mean, 0, 1e-6) << alpha;
  }
}

TEST(int8_equalise, dead_channels_get_finite_positive_factors) {
  const std::vector<float> w = {0, 1, 0, 2, 1e-30f, 1};
  const std::vector<float> a_max = {0, 0, 3, 1, 1e30f, 1};
  std::vector<float> factors(6);
  int8_equalise(maxima({w.data(), 1, 6}), a_max, 0.5f, factors);
  for (const float f : factors) EXPECT_TRUE(std::isfinite(f) && f > 0) << f;
  const std::vector<float> none(6, 0.0f);
  int8_equalise(none, none, 0.5f, factors);
  for (const float f : factors) EXPECT_EQ(f, 1.0f);
}

TEST(int8_equalise, observing_keeps_the_largest_finite_magnitudes) {
  const std::vector<float> x = {1, -5, INFINITY, -2, 3, NAN};
  std::vector<float> a_max = {0, 4, 0.5f};
  int8_observe({x.data(), 2, 3}, a_max);
  EXPECT_EQ(a_max, (std::vector<float>{2, 5, 0.5f}));
}

}  // namespace
}  // namespace quern::kernels
