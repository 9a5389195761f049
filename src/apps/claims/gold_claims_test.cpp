#include "apps/claims/gold_claims.h"

#include <gmock/gmock.h>

namespace quern::apps {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ClaimEvidence sentence_of(const std::string& source, std::uint32_t i) {
  ClaimEvidence out;
  out.sentence.source.key = source;
  out.sentence.i_sentence = i;
  return out;
}

}  // namespace

TEST(gold_claims, a_line_of_ours_has_its_label) {
  const auto gold = gold_from_line(R"({"id": 1, "claim": "x", "label": "REFUTED",
                                       "evidence": ["a b"]})");
  ASSERT_TRUE(gold.ok()) << gold.status().message();
  EXPECT_EQ(gold->label, Verdict::kRefuted);
  EXPECT_EQ(gold->ask.evidence->size(), 1u);
  EXPECT_FALSE(gold->knows_sentences);
  EXPECT_THAT(gold_of_sentences(*gold, {}), IsEmpty());
  EXPECT_THAT(gold_from_line(R"({"claim": "x"})").status().message(), HasSubstr("\"label\""));
  EXPECT_FALSE(gold_from_line("?").ok());
}

TEST(gold_claims, a_line_of_scifact_knows_its_sentences) {
  const auto gold = gold_from_line(
      R"({"id": 1, "claim": "x", "evidence": {"7": [{"sentences": [2], "label": "CONTRADICT"}]}})");
  ASSERT_TRUE(gold.ok()) << gold.status().message();
  EXPECT_EQ(gold->label, Verdict::kRefuted);
  EXPECT_FALSE(gold->ask.evidence);
  ClaimResult result;
  result.evidence = {sentence_of("7", 2), sentence_of("7", 3), sentence_of("8", 2)};
  EXPECT_THAT(gold_of_sentences(*gold, result),
              ElementsAre(Verdict::kRefuted, Verdict::kNotEnoughInfo, Verdict::kNotEnoughInfo));
}

}  // namespace quern::apps
