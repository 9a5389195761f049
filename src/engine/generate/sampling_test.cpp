#include "engine/generate/sampling.h"

#include <climits>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

using text::TokenId;

/// How often each token is drawn, of 20,000 draws.
std::map<TokenId, double> shares(const Sampling& sampling, const std::vector<float>& logits) {
  std::map<TokenId, double> out;
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) {
    Sampler sampler(sampling);
    std::vector<float> row = logits;
    out[*sampler.pick(row, i)] += 1.0 / kDraws;
  }
  return out;
}

// Logarithms of 0.5, 0.25, 0.15, 0.1: probabilities a human can check.
const std::vector<float> kLogits = {std::log(0.5f), std::log(0.25f), std::log(0.15f),
                                    std::log(0.1f)};
// Three standard errors of 20,000 draws.
constexpr double kError = 0.011;

TEST(sampling, draws_follow_the_distribution) {
  const auto got = shares({}, kLogits);
  EXPECT_NEAR(got.at(0), 0.5, kError);
  EXPECT_NEAR(got.at(1), 0.25, kError);
  EXPECT_NEAR(got.at(2), 0.15, kError);
  EXPECT_NEAR(got.at(3), 0.1, kError);
}

TEST(sampling, temperature_sharpens_and_flattens) {
  EXPECT_NEAR(shares({.temperature = 0.5f}, kLogits).at(0), 0.25 / 0.345, kError);
  EXPECT_NEAR(shares({.temperature = 2}, kLogits).at(3), std::sqrt(0.1) / 1.9107, kError);
  EXPECT_EQ(shares({.temperature = 0}, kLogits).size(), 1u);
}

TEST(sampling, cuts_keep_what_they_say) {
  auto got = shares({.top_k = 2}, kLogits);
  EXPECT_EQ(got.size(), 2u);
  EXPECT_NEAR(got[0], 2.0 / 3, kError);
  got = shares({.top_p = 0.6f}, kLogits);  // 0.5 is not enough, 0.75 is.
  EXPECT_EQ(got.size(), 2u);
  got = shares({.min_p = 0.25f}, kLogits);  // At least 0.125.
  EXPECT_EQ(got.size(), 3u);
  // Entropy 1.208: surprises 0.693, 1.386, 1.897, 2.303 lie 0.51, 0.18, 0.69, 1.09 away.
  got = shares({.typical_p = 0.7f}, kLogits);
  EXPECT_EQ(got.size(), 2u);
  EXPECT_NEAR(got[1], 1.0 / 3, kError);
  got = shares({.typical_p = 0.2f}, kLogits);
  EXPECT_EQ(got.size(), 1u);
  EXPECT_EQ(got.count(1), 1u);
}

TEST(sampling, ties_go_to_the_lower_id) {
  Sampler greedy({.temperature = 0});
  std::vector<float> row = {1, 3, 3, 2};
  EXPECT_EQ(*greedy.pick(row, 0), 1);
  const auto got = shares({.top_k = 1}, {1, 3, 3, 2});
  EXPECT_EQ(got.count(1), 1u);
  EXPECT_EQ(got.size(), 1u);
}

TEST(sampling, penalties_count_within_the_window_only) {
  Sampler sampler(
      {.temperature = 0, .presence_penalty = 1, .frequency_penalty = 0.5f, .penalty_window = 3});
  for (const TokenId id : {0, 1, 1, 2}) sampler.see(id);  // 0 has left the window.
  std::vector<float> row = {2, 4, 3, 1};
  (void)sampler.pick(row, 0);
  EXPECT_EQ(row, (std::vector<float>{2, 2, 1.5f, 1}));
}

TEST(sampling, repeat_penalty_lowers_logits_of_either_sign) {
  Sampler sampler({.temperature = 0, .repeat_penalty = 2});
  sampler.see(0);
  sampler.see(1);
  std::vector<float> row = {2, -2, 3};
  (void)sampler.pick(row, 0);
  EXPECT_EQ(row, (std::vector<float>{1, -4, 3}));
}

TEST(sampling, bias_decides) {
  EXPECT_EQ(shares({.logit_bias = {{3, 100}}}, kLogits).size(), 1u);
  EXPECT_EQ(shares({.logit_bias = {{0, -100}}}, kLogits).count(0), 0u);
}

TEST(sampling, seed_and_position_alone_decide_a_draw) {
  std::vector<float> flat(1000, 0.5f);
  std::vector<TokenId> first, second;
  for (int i = 0; i < 20; ++i) {
    Sampler a({.seed = 3});
    Sampler b({.seed = 3});
    for (int j = 0; j < i; ++j) b.see(j);  // What was seen matters to penalties only.
    std::vector<float> x = flat, y = flat;
    first.push_back(*a.pick(x, i));
    second.push_back(*b.pick(y, i));
  }
  EXPECT_EQ(first, second);
  EXPECT_NE(first[0], first[1]);
}

TEST(sampling, refuses_logits_that_are_no_numbers) {
  for (const float bad : {std::nanf(""), INFINITY, -INFINITY}) {
    for (std::size_t at : {0u, 5u, 16u}) {
      std::vector<float> row(17, 1.0f);
      row[at] = bad;
      EXPECT_EQ(Sampler({}).pick(row, 0).status().code(), Code::kBadInput);
    }
  }
}

TEST(sampling, checks_ranges) {
  EXPECT_TRUE(check_sampling({}, 10).ok());
  EXPECT_EQ(check_sampling({.temperature = -1}, 10).message(), "temperature is -1, want 0 to 100");
  EXPECT_FALSE(check_sampling({.temperature = std::nanf("")}, 10).ok());
  EXPECT_EQ(check_sampling({.logit_bias = {{10, 1}}}, 10).message(),
            "logit_bias names token 10, want 0 to 9");
}

TEST(sampling, a_temperature_without_an_inverse_is_zero) {
  for (const float t : {1.4e-45f, 1e-40f, 2.9e-39f, 2.95e-39f, 1e-38f, 1e-30f}) {
    for (int position = 0; position < 20; ++position) {
      std::vector<float> row = {1, 2.5f, -3, 2.4f};
      EXPECT_EQ(*Sampler({.temperature = t}).pick(row, position), 1) << t;
    }
  }
}

// Whatever passes check_sampling, over whatever logits: a token there is, or an error.
TEST(sampling, extremes_of_every_number_give_a_token_or_an_error) {
  constexpr float kTiny = std::numeric_limits<float>::denorm_min();
  constexpr float kMin = std::numeric_limits<float>::min();
  constexpr float kHuge = std::numeric_limits<float>::max();
  const std::vector<float> shares = {
      0, kTiny, 1e-40f, kMin, 1e-20f, 0.5f, 0.999999f, 1, std::nextafter(1.0f, 0.0f)};
  const std::vector<float> temperatures = {0, -0.0f, kTiny, 1e-40f, kMin, 1e-3f, 1, 100};
  const std::vector<float> values = {0,     -0.0f,  1,     -1,       30,        -1e30f,       1e30f,
                                     kTiny, -kTiny, kHuge, -kHuge,   1e-38f,    88,           -88,
                                     5,     5,      5,     INFINITY, -INFINITY, std::nanf("")};
  std::mt19937 random(7);
  const auto one_of = [&](const std::vector<float>& from) { return from[random() % from.size()]; };
  for (int round = 0; round < 20000; ++round) {
    const std::size_t n = 1 + random() % 40;
    // Mostly logits without a bad one, or few rounds would come far.
    const std::size_t n_values = round % 4 == 0 ? values.size() : values.size() - 3;
    std::vector<float> row(n);
    for (float& v : row) v = values[random() % n_values];
    Sampling s{.temperature = one_of(temperatures),
               .top_k = round % 3 == 0 ? static_cast<int>(random() % 50) : INT_MAX,
               .top_p = one_of(shares),
               .min_p = one_of(shares),
               .typical_p = one_of(shares),
               .repeat_penalty = one_of({0.01f, 1, 1, 100}),
               .presence_penalty = one_of({-2, 0, 0, 2, kTiny}),
               .frequency_penalty = one_of({-2, 0, 0, 2, kTiny}),
               .penalty_window = one_of({0, 1, 256, 1}) > 1 ? INT_MAX : 1,
               .seed = random()};
    if (round % 2 == 0) s.logit_bias = {{static_cast<TokenId>(random() % n), one_of({-100, 100})}};
    ASSERT_TRUE(check_sampling(s, static_cast<int>(n)).ok());
    Sampler sampler(s);
    for (std::size_t i = 0; i < 3; ++i) sampler.see(static_cast<TokenId>(random() % n));
    const Result<TokenId> picked = sampler.pick(row, round);
    if (!picked.ok()) {
      EXPECT_EQ(picked.status().code(), Code::kBadInput);
      continue;
    }
    ASSERT_GE(*picked, 0);
    ASSERT_LT(static_cast<std::size_t>(*picked), n);
    float logprob = 0;
    ASSERT_LE(top_logprobs(row, *picked, 50, logprob).size(), n);
  }
}

TEST(sampling, ids_without_a_logit_are_passed_over) {
  std::vector<float> row = {1, 3, 2, 99};
  Sampler sampler({.temperature = 0, .repeat_penalty = 2, .logit_bias = {{3, 50}, {-1, 50}}});
  sampler.see(3);
  sampler.see(1 << 20);
  EXPECT_EQ(*sampler.pick(std::span(row).first(3), 0), 1);
  EXPECT_EQ(row[3], 99);
  EXPECT_FALSE(Sampler({}).pick({}, 0).ok());
}

TEST(sampling, logprobs_of_damaged_logits_stay_in_range) {
  std::vector<float> row(100, std::nanf(""));
  row[50] = 1;
  float logprob = 0;
  const auto top = top_logprobs(row, 50, 3, logprob);
  ASSERT_EQ(top.size(), 3u);
  EXPECT_EQ(top[0].id, 50);
  EXPECT_TRUE(top_logprobs(row, 50, -1, logprob).empty());
}

TEST(sampling, logprobs_are_of_the_raw_distribution) {
  float logprob = 0;
  const auto top = top_logprobs(kLogits, 2, 2, logprob);
  EXPECT_NEAR(logprob, std::log(0.15), 1e-6);
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].id, 0);
  EXPECT_NEAR(top[1].logprob, std::log(0.25), 1e-6);
}

}  // namespace
}  // namespace quern::engine
