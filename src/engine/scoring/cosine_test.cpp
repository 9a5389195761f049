#include "engine/scoring/cosine.h"

#include <vector>

#include <gtest/gtest.h>

namespace quern::engine {

TEST(cosine, of_vectors_of_any_length) {
  const std::vector<float> a = {3, 4}, b = {-6, -8}, c = {8, 6}, zero = {0, 0};
  EXPECT_EQ(cosine(a, a), 1.0f);
  EXPECT_EQ(cosine(a, b), -1.0f);
  EXPECT_FLOAT_EQ(cosine(a, c), 48.0f / 50);
  EXPECT_EQ(cosine(a, zero), 0.0f);
}

TEST(cosine, does_not_overflow_and_stays_within_one) {
  const std::vector<float> large(100, 1e38f), small(100, 1e-38f), odd(3, 0.1f);
  EXPECT_EQ(cosine(large, large), 1.0f);
  EXPECT_EQ(cosine(large, small), 1.0f);
  EXPECT_EQ(cosine(odd, odd), 1.0f);
}

}  // namespace quern::engine
