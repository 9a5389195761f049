#include "base/latency_histogram.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace quern {

TEST(latency_histogram, small_values_are_exact) {
  LatencyHistogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.add(i);
  EXPECT_EQ(histogram.quantile_us(0.5), 50);
  EXPECT_EQ(histogram.quantile_us(0.99), 99);
  EXPECT_EQ(histogram.quantile_us(0.999), 100);
  EXPECT_EQ(histogram.quantile_us(1), 100);
  EXPECT_EQ(histogram.quantile_us(0), 1);
  EXPECT_EQ(histogram.mean_us(), 50.5);
  EXPECT_EQ(histogram.min_us(), 1);
  EXPECT_DOUBLE_EQ(histogram.share_below(51), 0.5);
}

TEST(latency_histogram, quantiles_of_any_values_are_within_the_stated_precision) {
  std::mt19937 random(3);
  std::lognormal_distribution<double> values(9, 3);
  for (const int n_bits : {5, 10}) {
    LatencyHistogram histogram(n_bits);
    std::vector<std::int64_t> all;
    for (int i = 0; i < 20'000; ++i) {
      all.push_back(
          std::min<std::int64_t>(static_cast<std::int64_t>(values(random)), 3'599'999'999));
      histogram.add(all.back());
    }
    std::sort(all.begin(), all.end());
    for (const double q : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999}) {
      const auto want = static_cast<double>(
          all[static_cast<std::size_t>(std::ceil(q * static_cast<double>(all.size()))) - 1]);
      const auto got = static_cast<double>(histogram.quantile_us(q));
      EXPECT_GE(got, want);
      EXPECT_LE(got, want * (1 + histogram.precision()) + 1) << n_bits << " " << q;
    }
    EXPECT_EQ(histogram.max_us(), all.back());
  }
}

TEST(latency_histogram, what_cannot_be_is_bounded) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.quantile_us(0.5), 0);
  EXPECT_EQ(histogram.max_us(), 0);
  histogram.add(-5);
  histogram.add(std::int64_t{1} << 60);
  EXPECT_EQ(histogram.min_us(), 0);
  EXPECT_EQ(histogram.max_us(), 3'600'000'000);
  EXPECT_EQ(histogram.quantile_us(1), 3'600'000'000);
}

}  // namespace quern
