#include "apps/claims/claim_fit.h"

#include <cmath>
#include <random>

#include <gmock/gmock.h>

namespace quern::apps {
namespace {

using ::testing::HasSubstr;

const char* const kSources[] = {"a", "b", "c", "d", "e", "f"};

/// Claims of a world in which a sentence decides where it is near, and the model is right about it
/// four times in five, far too sure of itself.
std::vector<FitClaim> claims_of(std::size_t n, unsigned seed, bool has_gold) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> share(0, 1);
  std::vector<FitClaim> out;
  for (std::size_t i = 0; i < n; ++i) {
    FitClaim claim;
    claim.label = static_cast<Verdict>(random() % 3);
    for (std::size_t k = 0; k < 6; ++k) {
      const bool decides = k == 0 && claim.label != Verdict::kNotEnoughInfo;
      const double cosine = decides ? 0.6 + 0.3 * share(random) : 0.2 + 0.5 * share(random);
      const bool says_yes = decides ? (claim.label == Verdict::kSupported) == (share(random) < 0.8)
                                    : random() % 2 == 0;
      const float sure = 8;
      claim.pairs.push_back({.source = kSources[k],
                             .logits = {says_yes ? sure : -sure, says_yes ? -sure : sure, -2},
                             .nearness = {.cosine = cosine}});
      if (has_gold) claim.gold.push_back(decides ? claim.label : Verdict::kNotEnoughInfo);
    }
    out.push_back(std::move(claim));
  }
  return out;
}

LabelScores scores_on(const std::vector<FitClaim>& claims, const Calibration& by) {
  std::vector<LabelledVerdict> verdicts;
  for (const FitClaim& claim : claims) {
    const auto made = judge(claim.pairs, by);
    verdicts.push_back({.label = claim.label,
                        .verdict = made->verdict,
                        .confidence = made->confidence,
                        .scores = made->scores});
  }
  return score_labels(verdicts);
}

}  // namespace

TEST(claim_fit, confidences_of_other_claims_can_be_believed) {
  const auto fitted = fit_calibration(claims_of(900, 1, true), {});
  ASSERT_TRUE(fitted.ok()) << fitted.status().message();
  const LabelScores after = scores_on(claims_of(900, 2, true), fitted->calibration);
  EXPECT_LT(after.ece, 0.06);
  EXPECT_LT(after.brier, fitted->before.brier);
  EXPECT_GT(after.accuracy, 0.6);
  // What was left out tells what will be.
  EXPECT_NEAR(fitted->left_out.accuracy, after.accuracy, 0.05);
  EXPECT_EQ(fitted->calibration.report.n_claims, 900u);
  EXPECT_EQ(fitted->calibration.report.ece, fitted->left_out.ece);
  // Logits of 8 are right four times in five at best: far hotter than 1.
  EXPECT_GT(fitted->calibration.temperature, 4);
  EXPECT_GT(fitted->calibration.relevance_weights[kCosine], 5);
  EXPECT_GT(fitted->calibration.stance_weights[kNliStance], 0.5);
  EXPECT_GT(fitted->calibration.cited, fitted->calibration.gate);
}

TEST(claim_fit, verdicts_alone_are_enough_to_learn_from) {
  const auto fitted = fit_calibration(claims_of(900, 3, false), {});
  ASSERT_TRUE(fitted.ok()) << fitted.status().message();
  const LabelScores after = scores_on(claims_of(900, 4, false), fitted->calibration);
  EXPECT_GT(after.accuracy, 0.55);
  EXPECT_LT(after.ece, 0.08);
}

TEST(claim_fit, the_conformal_set_holds_the_right_verdict_as_often_as_it_says) {
  const auto fitted = fit_calibration(claims_of(900, 5, true), {.conformal_level = 0.9});
  ASSERT_TRUE(fitted.ok()) << fitted.status().message();
  const std::vector<FitClaim> others = claims_of(900, 6, true);
  double n_held = 0;
  double n_in_set = 0;
  for (const FitClaim& claim : others) {
    const auto set = judge(claim.pairs, fitted->calibration)->conformal_set;
    n_held += std::find(set.begin(), set.end(), claim.label) != set.end() ? 1 : 0;
    n_in_set += static_cast<double>(set.size());
  }
  EXPECT_GE(n_held / 900, 0.87);  // Three standard deviations of 900 claims.
  EXPECT_LT(n_in_set / 900, 2.6);
}

TEST(claim_fit, of_a_model_that_knows_the_claims_the_stance_is_not_believed) {
  std::vector<FitClaim> claims = claims_of(300, 7, true);
  for (FitClaim& claim : claims) {
    // By heart: always right.
    if (claim.label == Verdict::kNotEnoughInfo) continue;
    const float sign = claim.label == Verdict::kSupported ? 1.0F : -1.0F;
    claim.pairs[0].logits = {8 * sign, -8 * sign, -2};
  }
  const auto believed = fit_calibration(claims, {});
  const auto held = fit_calibration(claims, {.is_trained_on = true});
  ASSERT_TRUE(believed.ok() && held.ok());
  EXPECT_GT(believed->calibration.stance_weights[kNliStance], 2);
  EXPECT_EQ(held->calibration.stance_weights[kNliStance], 0.5);
}

TEST(claim_fit, the_same_claims_give_the_same_bytes) {
  const std::vector<FitClaim> claims = claims_of(200, 8, true);
  const auto a = fit_calibration(claims, {});
  const auto b = fit_calibration(claims, {});
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(json_from_calibration(a->calibration), json_from_calibration(b->calibration));
  EXPECT_TRUE(calibration_from_json(json_from_calibration(a->calibration)).ok());
}

TEST(claim_fit, claims_of_which_nothing_is_heard_stay_undecided_however_many_were_right) {
  std::vector<FitClaim> claims = claims_of(200, 9, true);
  for (FitClaim& claim : claims_of(400, 10, true)) {
    claim.label = Verdict::kSupported;
    claim.pairs.clear();
    claim.gold.clear();
    claims.push_back(std::move(claim));
  }
  const auto fitted = fit_calibration(claims, {});
  ASSERT_TRUE(fitted.ok()) << fitted.status().message();
  EXPECT_EQ(fitted->calibration.unheard[2], 0.5);
  EXPECT_EQ(judge({}, fitted->calibration)->verdict, Verdict::kNotEnoughInfo);
  EXPECT_TRUE(calibration_from_json(json_from_calibration(fitted->calibration)).ok());
}

TEST(claim_fit, too_little_and_one_sided_claims_are_refused) {
  const auto refusal = [](const std::vector<FitClaim>& claims, const FitWish& wish = {}) {
    const auto fitted = fit_calibration(claims, wish);
    EXPECT_EQ(fitted.status().code(), Code::kBadInput);
    return fitted.status().message();
  };
  EXPECT_THAT(refusal(claims_of(39, 1, true)), HasSubstr("39 labelled claims, want at least 40"));
  EXPECT_THAT(refusal({}), HasSubstr("0 labelled claims"));
  std::vector<FitClaim> one_sided = claims_of(200, 1, true);
  for (FitClaim& claim : one_sided) {
    if (claim.label == Verdict::kRefuted) claim.label = Verdict::kSupported;
  }
  EXPECT_THAT(refusal(one_sided), HasSubstr("0 of 200 claims are REFUTED, want at least 8"));
  std::vector<FitClaim> uneven = claims_of(100, 1, true);
  uneven[3].gold.pop_back();
  EXPECT_THAT(refusal(uneven), HasSubstr("6 sentences and labels for 5"));
  EXPECT_THAT(refusal(claims_of(100, 1, true), {.n_folds = 1}), HasSubstr("2 to 20 folds"));
  std::vector<FitClaim> without = claims_of(100, 1, false);
  for (FitClaim& claim : without) claim.pairs.clear();
  EXPECT_THAT(refusal(without), HasSubstr("relevance"));
}

}  // namespace quern::apps
