#include "apps/claims/label_scores.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace quern::apps {
namespace {

constexpr Verdict kS = Verdict::kSupported, kR = Verdict::kRefuted, kN = Verdict::kNotEnoughInfo;

/// Worked by hand below: right are the first, third and fifth.
std::vector<LabelledVerdict> five() {
  return {{.label = kS, .verdict = kS, .confidence = 0.95, .scores = {0.95, 0.05, 0}},
          {.label = kR, .verdict = kS, .confidence = 0.91, .scores = {0.91, 0.09, 0}},
          {.label = kR, .verdict = kR, .confidence = 0.65, .scores = {0.1, 0.65, 0.25}},
          {.label = kN, .verdict = kR, .confidence = 0.55, .scores = {0, 0.55, 0.45}},
          {.label = kN, .verdict = kN, .confidence = 1, .scores = {0, 0, 1}}};
}

}  // namespace

TEST(label_scores, a_worked_example) {
  const LabelScores s = score_labels(five());
  EXPECT_EQ(s.n_claims, 5u);
  EXPECT_DOUBLE_EQ(s.accuracy, 0.6);
  // F1 of SUPPORTED 2/3, of REFUTED 1/2, of NOT_ENOUGH_INFO 2/3.
  EXPECT_NEAR(s.f1[0], 2.0 / 3, 1e-12);
  EXPECT_NEAR(s.f1[1], 0.5, 1e-12);
  EXPECT_NEAR(s.macro_f1, (2.0 / 3 + 0.5 + 2.0 / 3) / 3, 1e-12);
  EXPECT_NEAR(s.precision[0], 0.5, 1e-12);
  EXPECT_NEAR(s.recall[0], 1, 1e-12);
  // Bins [0.9, 1]: 3 claims, 2 right, confidences sum to 2.86; [0.6, 0.7): 1 of 0.65; [0.5, 0.6):
  // 0 of 0.55.
  EXPECT_NEAR(s.ece, (0.86 + 0.35 + 0.55) / 5, 1e-12);
  EXPECT_NEAR(
      s.brier,
      (2 * 0.05 * 0.05 + 2 * 0.91 * 0.91 + 0.01 + 0.35 * 0.35 + 0.0625 + 2 * 0.55 * 0.55) / 5,
      1e-12);
  EXPECT_EQ(s.confusion[1][0], 1u);
  EXPECT_EQ(s.confusion[2][1], 1u);
  // Without the one of 0.55: 3 of 4.
  EXPECT_DOUBLE_EQ(s.accuracy_at_80, 0.75);
  EXPECT_DOUBLE_EQ(accuracy_at_coverage(five(), 0.2), 1);
}

TEST(label_scores, each_verdict_and_what_was_left_open_have_their_own) {
  std::vector<LabelledVerdict> claims = five();
  claims.push_back({.label = kS,
                    .verdict = kN,
                    .confidence = 0.1,
                    .scores = {0.48, 0.42, 0.1},
                    .is_abstention = true});
  const LabelScores s = score_labels(claims);
  EXPECT_EQ(s.said[0].n_claims, 2u);
  EXPECT_NEAR(s.said[0].confidence, 0.93, 1e-12);
  EXPECT_NEAR(s.said[0].accuracy, 0.5, 1e-12);
  EXPECT_NEAR(s.said[0].ece, 0.86 / 2, 1e-12);  // One bin: 1 right, confidences sum to 1.86.
  EXPECT_EQ(s.said[2].n_claims, 2u);
  EXPECT_EQ(s.abstained.n_claims, 1u);
  EXPECT_NEAR(s.abstained.confidence, 0.1, 1e-12);
  EXPECT_EQ(s.abstained.accuracy, 0);
  const auto json = nlohmann::json::parse(json_from_scores(s));
  EXPECT_EQ(json["said"]["NOT_ENOUGH_INFO"]["claims"], 2);
  EXPECT_EQ(json["abstained"]["claims"], 1);
}

TEST(label_scores, no_claims_and_perfect_ones) {
  EXPECT_EQ(score_labels({}).accuracy, 0);
  EXPECT_EQ(score_labels({}).ece, 0);
  const LabelledVerdict sure = {.label = kN, .verdict = kN, .confidence = 1, .scores = {0, 0, 1}};
  const LabelScores s = score_labels({&sure, 1});
  EXPECT_EQ(s.accuracy, 1);
  EXPECT_EQ(s.ece, 0);
  EXPECT_EQ(s.brier, 0);
}

TEST(label_scores, the_json_has_them_all) {
  const auto json = nlohmann::json::parse(json_from_scores(score_labels(five())));
  EXPECT_EQ(json["claims"], 5);
  EXPECT_EQ(json["confusion"]["REFUTED"]["SUPPORTED"], 1);
  EXPECT_EQ(json["by_verdict"]["SUPPORTED"]["recall"], 1.0);
}

}  // namespace quern::apps
