#include "store/lexical/bm25.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace quern::store {
namespace {

TEST(bm25, lucenes_256_lengths) {
  // SmallFloat: 24 as they are, then 24 + {0..7}, and doubling steps behind 24 + 8.
  for (std::uint32_t n = 0; n <= 40; ++n) EXPECT_EQ(length_from_norm(norm_from_length(n)), n);
  EXPECT_EQ(length_from_norm(norm_from_length(41)), 40u);
  EXPECT_EQ(length_from_norm(40), 40u);
  EXPECT_EQ(length_from_norm(41), 42u);
  EXPECT_EQ(length_from_norm(48), 56u);
  EXPECT_EQ(length_from_norm(100), 3096u);
  EXPECT_EQ(length_from_norm(255), 2013265944u);
  for (int norm = 0; norm < 256; ++norm) {
    const auto byte = static_cast<std::uint8_t>(norm);
    EXPECT_EQ(norm_from_length(length_from_norm(byte)), byte);
    if (norm > 0) {
      EXPECT_EQ(norm_from_length(length_from_norm(byte) - 1), byte - 1);
    }
  }
  EXPECT_EQ(norm_from_length(~0u), 255);
}

TEST(bm25, a_score_worked_by_hand) {
  // Two documents of 3 and 5 tokens, a term that is once in the first: idf = ln(1 + 1.5 / 1.5),
  // the length's part 1.2 * (0.25 + 0.75 * 3 / 4) = 0.975, so the score is ln 2 / 1.975.
  const InverseNorms inverse = inverse_norms({}, {.n_docs = 2, .n_tokens = 8});
  const float idf = bm25_idf(2, 1);
  EXPECT_NEAR(idf, 0.693147, 1e-6);
  EXPECT_NEAR(bm25_part(idf, 1, inverse[3]), 0.693147 / 1.975, 1e-6);
}

TEST(bm25, a_part_never_falls_with_tf_nor_rises_with_length) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const float weight = static_cast<float>(random() % 100000) / 1000.0f;
    const FieldStats stats = {.n_docs = static_cast<std::int64_t>(1 + random() % 1000),
                              .n_tokens = static_cast<std::int64_t>(1 + random() % 100000)};
    const InverseNorms inverse = inverse_norms({.k1 = 0.9f, .b = 0.4f}, stats);
    for (std::size_t norm = 1; norm < 256; ++norm) {
      for (float tf = 1; tf < 300; tf += static_cast<float>(1 + random() % 90)) {
        const double part = bm25_part(weight, tf, inverse[norm]);
        EXPECT_GE(bm25_part(weight, tf + 1, inverse[norm]), part);
        EXPECT_GE(bm25_part(weight, tf, inverse[norm - 1]), part);
        EXPECT_LE(part, on_score_grid(weight));
      }
    }
  }
}

TEST(bm25, parts_on_the_grid_add_up_in_any_order) {
  std::mt19937 random(2);
  std::vector<double> parts;
  for (int i = 0; i < kMaxQueryTerms; ++i) {
    parts.push_back(on_score_grid(static_cast<float>(random() % 2000000) / 1471.0f));
  }
  double forwards = 0;
  double backwards = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    forwards += parts[i];
    backwards += parts[parts.size() - 1 - i];
    EXPECT_EQ(parts[i] / kScoreStep, std::round(parts[i] / kScoreStep));
  }
  EXPECT_EQ(forwards, backwards);
}

TEST(bm25, nothing_indexed_gives_finite_numbers) {
  for (const float value : inverse_norms({}, {})) EXPECT_TRUE(std::isfinite(value));
  EXPECT_TRUE(std::isfinite(bm25_idf(0, 0)));
}

}  // namespace
}  // namespace quern::store
