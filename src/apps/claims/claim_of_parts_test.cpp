#include "apps/claims/claim_of_parts.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace quern::apps {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ClaimResult judged_as(Verdict verdict, std::array<double, 3> scores) {
  ClaimResult out;
  out.judgement.verdict = verdict;
  out.judgement.scores = scores;
  out.judgement.confidence = scores[static_cast<std::size_t>(verdict)];
  return out;
}

ClaimOfParts combined(std::vector<ClaimResult> results) {
  std::vector<ClaimPart> parts;
  for (std::size_t i = 0; i < results.size(); ++i) {
    parts.push_back({.text = "part", .span = {.begin = 10 * i, .end = 10 * i + 5}});
  }
  return combine_parts("a; b", std::move(parts), std::move(results));
}

const ClaimResult kHolds = judged_as(Verdict::kSupported, {0.9, 0.02, 0.08});
const ClaimResult kBarelyHolds = judged_as(Verdict::kSupported, {0.6, 0.1, 0.3});
const ClaimResult kFails = judged_as(Verdict::kRefuted, {0.1, 0.7, 0.2});
const ClaimResult kNotSaid = judged_as(Verdict::kNotEnoughInfo, {0.2, 0.1, 0.7});

}  // namespace

TEST(claim_of_parts, all_supported_is_supported_as_surely_as_the_weakest) {
  const ClaimOfParts whole = combined({kHolds, kBarelyHolds});
  EXPECT_EQ(whole.verdict, Verdict::kSupported);
  EXPECT_EQ(whole.confidence, 0.6);
  EXPECT_THAT(whole.scores, ElementsAre(0.6, 0.1, DoubleNear(0.3, 1e-12)));
  EXPECT_EQ(whole.reason, "all 2 parts are supported");
}

TEST(claim_of_parts, one_refuted_part_refutes_the_whole) {
  const ClaimOfParts whole = combined({kHolds, kNotSaid, kFails});
  EXPECT_EQ(whole.verdict, Verdict::kRefuted);
  EXPECT_EQ(whole.confidence, 0.7);
  EXPECT_THAT(whole.scores, ElementsAre(0.1, 0.7, DoubleNear(0.2, 1e-12)));
  EXPECT_EQ(whole.reason, "part 3 of 3 is refuted");
}

TEST(claim_of_parts, an_open_part_leaves_the_whole_open) {
  const ClaimOfParts whole = combined({kHolds, kNotSaid});
  EXPECT_EQ(whole.verdict, Verdict::kNotEnoughInfo);
  EXPECT_THAT(whole.scores, ElementsAre(0.2, 0.1, DoubleNear(0.7, 1e-12)));
  EXPECT_THAT(whole.reason, HasSubstr("part 2 of 2 is not decided"));
}

TEST(claim_of_parts, a_part_that_was_left_open_leaves_the_whole_open_unless_another_is_refuted) {
  ClaimResult undecided = judged_as(Verdict::kNotEnoughInfo, {0.48, 0.44, 0.08});
  undecided.judgement.is_abstention = true;
  EXPECT_TRUE(combined({kHolds, undecided}).is_abstention);
  EXPECT_FALSE(combined({kFails, undecided}).is_abstention);
  EXPECT_FALSE(combined({kHolds, kNotSaid}).is_abstention);
}

TEST(claim_of_parts, scores_are_shares_whatever_the_parts_say) {
  for (const ClaimResult& a : {kHolds, kBarelyHolds, kFails, kNotSaid}) {
    for (const ClaimResult& b : {kHolds, kBarelyHolds, kFails, kNotSaid}) {
      const std::array<double, 3> scores = combined({a, b}).scores;
      EXPECT_NEAR(scores[0] + scores[1] + scores[2], 1, 1e-12);
      for (const double score : scores) EXPECT_GE(score, 0);
      EXPECT_EQ(scores, combined({b, a}).scores);
    }
  }
}

TEST(claim_of_parts, of_one_part_the_whole_says_the_same_to_the_bit) {
  for (const ClaimResult& only : {kHolds, kFails, kNotSaid}) {
    const ClaimOfParts whole = combined({only});
    EXPECT_EQ(whole.verdict, only.judgement.verdict);
    EXPECT_EQ(whole.scores, only.judgement.scores);
    EXPECT_EQ(whole.confidence, only.judgement.confidence);
  }
}

TEST(claim_of_parts, json_has_each_part_as_it_was_judged) {
  const ClaimOfParts whole = combined({kHolds, kFails});
  const auto json = nlohmann::json::parse(json_from_parts(whole, ClaimTimes::kLeftOut));
  EXPECT_EQ(json["verdict"], "REFUTED");
  EXPECT_EQ(json["scores"]["REFUTED"], 0.7);
  ASSERT_EQ(json["parts"].size(), 2u);
  EXPECT_EQ(json["parts"][1]["span"], (nlohmann::json{10, 15}));
  EXPECT_EQ(json["parts"][0]["verdict"], "SUPPORTED");
  EXPECT_FALSE(json["parts"][0].contains("timings"));
}

}  // namespace quern::apps
