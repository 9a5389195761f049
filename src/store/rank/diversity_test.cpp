#include "store/rank/diversity.h"

#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/vector/codes.h"

namespace quern::store {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

// Alike where they share a letter.
LikenessToAll by_letter(const std::vector<char>& letters) {
  return [&letters](std::size_t chosen, std::span<float> out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = letters[i] == letters[chosen] ? 1 : 0;
  };
}

}  // namespace

TEST(diversity, what_is_like_those_before_it_comes_later) {
  const std::vector<float> scores = {1.0f, 0.9f, 0.8f, 0.3f, 0.0f};
  const std::vector<char> letters = {'a', 'a', 'b', 'c', 'd'};
  EXPECT_THAT(diversify(scores, by_letter(letters), {.n_wanted = 4, .relevance = 0.5f}),
              ElementsAre(0, 2, 3, 4));
  EXPECT_THAT(diversify(scores, by_letter(letters), {.n_wanted = 3, .relevance = 0.95f}),
              ElementsAre(0, 1, 2));
  EXPECT_THAT(diversify(scores, by_letter(letters), {.n_wanted = 9, .relevance = 1.0f}),
              ElementsAre(0, 1, 2, 3, 4));
}

TEST(diversity, of_equals_the_first_comes_first_and_scale_does_not_matter) {
  const std::vector<char> letters = {'a', 'b', 'a', 'b'};
  EXPECT_THAT(diversify(std::vector<float>{7, 7, 7, 7}, by_letter(letters), {}),
              ElementsAre(0, 1, 2, 3));
  const std::vector<char> same = {'a', 'a', 'b'};
  EXPECT_EQ(diversify(std::vector<float>{10, 9, 5}, by_letter(same), {}),
            diversify(std::vector<float>{-1000, -1100, -1500}, by_letter(same), {}));
  EXPECT_TRUE(diversify({}, by_letter(letters), {}).empty());
  EXPECT_TRUE(diversify(std::vector<float>{1}, by_letter(letters), {.n_wanted = 0}).empty());
}

TEST(diversity, it_is_the_greedy_choice_of_its_formula) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> uniform(0, 1);
  for (int round = 0; round < 50; ++round) {
    const std::size_t n = 1 + random() % 20;
    std::vector<float> scores(n);
    std::vector<std::vector<float>> likeness(n, std::vector<float>(n));
    for (std::size_t i = 0; i < n; ++i) {
      scores[i] = uniform(random);
      for (std::size_t k = 0; k <= i; ++k) likeness[i][k] = likeness[k][i] = uniform(random);
    }
    const float relevance = uniform(random);
    const auto order =
        diversify(scores,
                  [&](std::size_t chosen, std::span<float> out) {
                    std::copy(likeness[chosen].begin(), likeness[chosen].end(), out.begin());
                  },
                  {.n_wanted = n, .relevance = relevance});
    ASSERT_EQ(order.size(), n);
    const float low = *std::min_element(scores.begin(), scores.end());
    const float high = *std::max_element(scores.begin(), scores.end());
    const auto value = [&](std::size_t i, std::size_t n_before) {
      float nearest = 0;
      for (std::size_t k = 0; k < n_before; ++k) {
        nearest = std::max(nearest, likeness[order[k]][i]);
      }
      const float r = high > low ? (scores[i] - low) / (high - low) : 0.5f;
      return relevance * r - (1 - relevance) * nearest;
    };
    for (std::size_t at = 0; at < n; ++at) {
      for (std::size_t later = at + 1; later < n; ++later) {
        EXPECT_GE(value(order[at], at), value(order[later], at) - 1e-6f);
      }
    }
  }
}

TEST(diversity, vectors_are_alike_by_their_cosine) {
  constexpr int kD = 70;
  constexpr std::size_t kRow = 128;
  std::mt19937 random(4);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> vectors(6, std::vector<float>(kD));
  for (auto& vector : vectors) {
    for (float& x : vector) x = normal(random);
  }
  for (int c = 0; c < kD; ++c) {
    vectors[1][c] = vectors[0][c] * 3;                     // The same way,
    vectors[2][c] = -vectors[0][c];                        // the opposite,
    vectors[3][c] = vectors[0][c] + 0.5f * vectors[4][c];  // and near.
  }
  std::vector<std::uint8_t> rows(7 * kRow, 128);  // The last one has none.
  std::vector<std::uint8_t> lo(kRow);
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    ASSERT_TRUE(
        quantise(vectors[i], Metric::kDot, std::span(rows).subspan(i * kRow, kRow), lo).ok());
  }
  const VectorLikeness likeness(rows, kD);
  std::vector<float> out(7);
  likeness(0, out);
  for (std::size_t i = 0; i < 6; ++i) {
    float dot = 0, a = 0, b = 0;
    for (int c = 0; c < kD; ++c) {
      dot += vectors[0][c] * vectors[i][c];
      a += vectors[0][c] * vectors[0][c];
      b += vectors[i][c] * vectors[i][c];
    }
    EXPECT_THAT(out[i], FloatNear(std::max(0.0f, dot / std::sqrt(a * b)), 0.02f)) << i;
  }
  EXPECT_EQ(out[2], 0);
  EXPECT_EQ(out[6], 0);
  likeness(6, out);
  EXPECT_THAT(out, ::testing::Each(0.0f));
}

TEST(diversity, texts_are_alike_by_the_terms_they_share) {
  text::Analyzer analyzer("english");
  const std::vector<TermSet> sets = {term_set(analyzer, "running cats and dogs"),
                                     term_set(analyzer, "a cat runs, a cat"),
                                     term_set(analyzer, "whales"), term_set(analyzer, "")};
  EXPECT_EQ(sets[1].size(), 2u);
  std::vector<float> out(4);
  const TermLikeness likeness(sets);
  likeness(0, out);
  EXPECT_THAT(out, ElementsAre(1.0f, 2.0f / 3, 0.0f, 0.0f));
  likeness(3, out);
  EXPECT_THAT(out, ::testing::Each(0.0f));
}

}  // namespace quern::store
