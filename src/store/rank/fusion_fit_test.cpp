#include "store/rank/fusion_fit.h"

#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// How each side's score of a relevant document differs from the others'.
struct World {
  double words = 0;      // Added to a relevant document's lexical score,
  double meaning = 0;    // and to its dense score.
  double proximity = 0;  // And to its proximity, which no weight of sides can use.
};

/// 40 candidates a query, two of them relevant.
std::vector<JudgedQuery> judged_queries(const World& world, int n, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<JudgedQuery> out;
  for (int q = 0; q < n; ++q) {
    JudgedQuery judged{
        .query = {.candidates = {}, .best_lexical = 30}, .gains = {}, .judged_gains = {}};
    for (std::uint32_t i = 0; i < 40; ++i) {
      const bool is_relevant = i % 20 == 3;
      Scored c{.id = i};
      c.lexical = std::max(0.0, 10 + 2 * (normal(random) + (is_relevant ? world.words : 0)));
      c.dense = 0.4 + 0.1 * (normal(random) + (is_relevant ? world.meaning : 0));
      c.proximity = 0.1 * (normal(random) + (is_relevant ? world.proximity : 0));
      judged.query.candidates.push_back(c);
      judged.gains.push_back(is_relevant);
    }
    judged.judged_gains = {1, 1};
    out.push_back(std::move(judged));
  }
  return out;
}

TEST(fusion_fit, ndcg_by_hand) {
  // Gains 1 at rank 2 and 2 at rank 3, of an ideal 2, 1.
  const std::vector<int> ranked = {0, 1, 2}, all = {1, 2, 0};
  const double want = (1 / std::log2(3.0) + 2 / 2.0) / (2 + 1 / std::log2(3.0));
  EXPECT_NEAR(ndcg_at_10(ranked, all), want, 1e-12);
  EXPECT_EQ(ndcg_at_10(ranked, std::vector<int>{0, 0}), 0);
  // What is behind the tenth does not count, what was never found does.
  std::vector<int> late(11, 0);
  late[10] = 1;
  EXPECT_EQ(ndcg_at_10(late, std::vector<int>{1}), 0);
  EXPECT_NEAR(ndcg_at_10(std::vector<int>{1}, std::vector<int>{1, 1}), 1 / (1 + 1 / std::log2(3.0)),
              1e-12);
}

TEST(fusion_fit, signals_by_hand) {
  FusionQuery query{.candidates = {{.id = 0,
                                    .lexical = 6,
                                    .dense = 0.5,
                                    .lexical_rank = 1,
                                    .dense_rank = 0,
                                    .idf_share = 0.75,
                                    .log_length = 3,
                                    .proximity = 0.5},
                                   {.id = 1, .lexical = 3, .dense = -0.25, .dense_rank = 2}},
                    .best_lexical = 12};
  EXPECT_THAT(fusion_signals(query), ElementsAre(0.5, 1, 0.5, 0, 1 / 61.0, 0, 0.75, 3, 0.5,  //
                                                 0.25, 0.5, -0.25, 0.75, 0, 1 / 62.0, 0, 0, 0));
}

TEST(fusion_fit, a_side_that_knows_nothing_is_left_out) {
  const auto words = fit_fusion(judged_queries({.words = 3}, 60, 1));
  ASSERT_TRUE(words.ok()) << words.status().message();
  EXPECT_LE(words->choice.spec.alpha, 0.3);
  EXPECT_GT(words->report.lexical, words->report.dense + 0.3);
  const auto meaning = fit_fusion(judged_queries({.meaning = 3}, 60, 2));
  ASSERT_TRUE(meaning.ok());
  EXPECT_GE(meaning->choice.spec.alpha, 0.7);
}

TEST(fusion_fit, two_sides_that_know_something_are_better_together) {
  const auto fit = fit_fusion(judged_queries({.words = 1.5, .meaning = 1.5}, 100, 3));
  ASSERT_TRUE(fit.ok());
  EXPECT_GT(fit->report.alpha, fit->report.lexical + 0.05);
  EXPECT_GT(fit->report.alpha, fit->report.dense + 0.05);
}

// One document's words are beyond all others': min-max leaves nothing of the rest, deviations do.
TEST(fusion_fit, the_kind_is_learnt_too) {
  auto judged = judged_queries({.words = 2, .meaning = 1}, 100, 8);
  for (JudgedQuery& j : judged) {
    j.query.candidates[0].lexical = 400;
    j.query.candidates[0].dense = -3;
  }
  const auto fit = fit_fusion(judged);
  ASSERT_TRUE(fit.ok());
  EXPECT_EQ(fit->choice.spec.kind, FusionKind::kZScore);
  const auto plain = fit_fusion(judged_queries({.words = 3}, 60, 1));
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->choice.spec.kind, FusionKind::kMinMax);
}

TEST(fusion_fit, the_logistic_one_is_installed_where_it_is_better) {
  const auto judged = judged_queries({.words = 1, .meaning = 1, .proximity = 3}, 100, 4);
  const auto fit = fit_fusion(judged);
  ASSERT_TRUE(fit.ok());
  EXPECT_GT(fit->report.fitted, fit->report.alpha + 0.1);
  ASSERT_TRUE(fit->choice.fitted.has_value());
  EXPECT_GT(fit->choice.fitted->weights[8], 0);
  // It puts relevant ones first, also of queries that taught nothing.
  double quality = 0;
  for (const JudgedQuery& j : judged_queries({.words = 1, .meaning = 1, .proximity = 3}, 50, 5)) {
    FusionQuery query = j.query;
    fuse(fit->choice, query);
    std::vector<int> ranked;
    for (const Scored& c : query.candidates) ranked.push_back(c.id % 20 == 3);
    quality += ndcg_at_10(ranked, j.judged_gains) / 50;
  }
  EXPECT_NEAR(quality, fit->report.fitted, 0.08);
}

TEST(fusion_fit, what_is_not_better_is_not_installed) {
  int n_installed = 0;
  for (unsigned seed = 10; seed < 16; ++seed) {
    // Nobody knows anything: no fold has a reason.
    const auto fit = fit_fusion(judged_queries({}, 40, seed));
    ASSERT_TRUE(fit.ok());
    EXPECT_EQ(fit->choice.fitted.has_value(), fit->report.fitted > fit->report.alpha);
    n_installed += fit->choice.fitted.has_value();
  }
  EXPECT_LT(n_installed, 6);
}

TEST(fusion_fit, is_the_same_each_time) {
  const auto judged = judged_queries({.words = 1, .meaning = 1, .proximity = 1}, 30, 6);
  const auto a = fit_fusion(judged), b = fit_fusion(judged);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(a->choice.spec.alpha, b->choice.spec.alpha);
  ASSERT_EQ(a->choice.fitted.has_value(), b->choice.fitted.has_value());
  EXPECT_TRUE(!a->choice.fitted || a->choice.fitted->weights == b->choice.fitted->weights);
}

TEST(fusion_fit, too_few_judgements_are_refused) {
  auto judged = judged_queries({.words = 1}, 12, 7);
  for (int i = 0; i < 3; ++i) judged[i].judged_gains = {0};
  const auto fit = fit_fusion(judged);
  EXPECT_EQ(fit.status().code(), Code::kBadInput);
  EXPECT_THAT(fit.status().message(), HasSubstr("9 queries"));
}

}  // namespace
}  // namespace quern::store
