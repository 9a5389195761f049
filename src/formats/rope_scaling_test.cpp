#include "formats/rope_scaling.h"

#include <gmock/gmock.h>

namespace quern::formats {
namespace {

void expect_near(const std::vector<float>& got, const std::vector<float>& want) {
  ASSERT_EQ(got.size(), want.size());
  // The expected numbers are printed with five decimals.
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], 1.5e-5) << i;
}

TEST(rope_scaling, linear_divides_every_frequency) {
  expect_near(linear_rope_factors(8, 8), {8, 8, 8, 8});
}

// The rest is plain / scaled frequency of transformers 5.23 for the same parameters.
TEST(rope_scaling, llama3_agrees_with_transformers) {
  expect_near(llama3_rope_factors(16, 5e5, {.factor = 8, .n_original_positions = 8192}),
              {1, 1, 1, 1, 2.69453f, 8, 8, 8});
}

TEST(rope_scaling, yarn_agrees_with_transformers) {
  expect_near(yarn_rope_factors(16, 1e4, {.factor = 4, .n_original_positions = 512}),
              {1, 1.23077f, 1.6f, 2.28571f, 4, 4, 4, 4});
  expect_near(yarn_rope_factors(16, 1e6,
                                {.factor = 4,
                                 .beta_fast = 16,
                                 .beta_slow = 2,
                                 .n_original_positions = 32768,
                                 .truncate = false}),
              {1, 1, 1, 1, 1.67875f, 4, 4, 4});
  EXPECT_NEAR(yarn_magnitude(4), 1.138629436111989, 1e-12);
  EXPECT_EQ(yarn_magnitude(0.5), 1);
}

TEST(rope_scaling, long_rope_magnitude_agrees_with_transformers) {
  EXPECT_NEAR(long_rope_magnitude(4, 512), 1.1055415967851334, 1e-12);
  EXPECT_EQ(long_rope_magnitude(1, 512), 1);
}

}  // namespace
}  // namespace quern::formats
