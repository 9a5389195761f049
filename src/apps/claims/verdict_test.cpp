#include "apps/claims/verdict.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

JudgedPair pair_of(std::string_view source, NliLogits logits, double cosine) {
  return {.source = source, .logits = logits, .nearness = {.cosine = cosine}};
}

const NliLogits kYes = {.entailment = 4, .contradiction = -2, .neutral = -1};
const NliLogits kNo = {.entailment = -2, .contradiction = 4, .neutral = -1};
const NliLogits kNothing = {.entailment = 0.5, .contradiction = -1, .neutral = 1};

Judgement judged(const std::vector<JudgedPair>& pairs) {
  const auto made = judge(pairs, default_calibration());
  EXPECT_TRUE(made.ok()) << made.status().message();
  return made.ok() ? *made : Judgement();
}

}  // namespace

TEST(verdict, neutral_and_irrelevant_sentences_add_exactly_nothing) {
  const std::vector<JudgedPair> two = {pair_of("a", kYes, 0.9), pair_of("b", kYes, 0.8)};
  const Judgement alone = judged(two);
  EXPECT_EQ(alone.verdict, Verdict::kSupported);
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<JudgedPair> all = two;
    for (int i = 0; i < 48; ++i) {
      const bool is_neutral = random() % 2 == 0;
      all.push_back(
          pair_of(i % 3 == 0 ? "a" : "c", is_neutral ? kNothing : kNo, is_neutral ? 0.99 : 0.01));
    }
    std::shuffle(all.begin(), all.end(), random);
    const Judgement made = judged(all);
    EXPECT_EQ(made.verdict, alone.verdict);
    EXPECT_EQ(made.confidence, alone.confidence);
    EXPECT_EQ(made.scores, alone.scores);
    EXPECT_EQ(made.is_conflicting, alone.is_conflicting);
  }
}

TEST(verdict, a_source_counts_once_however_often_it_speaks) {
  const Judgement once = judged({pair_of("a", kYes, 0.7)});
  std::vector<JudgedPair> often(20, pair_of("a", kYes, 0.7));
  const Judgement repeated = judged(often);
  EXPECT_EQ(repeated.scores, once.scores);
  EXPECT_EQ(std::count_if(repeated.voices.begin(), repeated.voices.end(),
                          [](const SentenceVoice& v) { return v.voice == Voice::kRepeats; }),
            19);
  const Judgement other = judged({pair_of("a", kYes, 0.7), pair_of("b", kYes, 0.7)});
  EXPECT_GT(other.scores[0], once.scores[0]);
}

TEST(verdict, sources_that_contradict_each_other_are_said_to) {
  const Judgement made = judged({pair_of("a", kYes, 0.9), pair_of("b", kNo, 0.9)});
  EXPECT_TRUE(made.is_conflicting);
  EXPECT_EQ(made.verdict, Verdict::kNotEnoughInfo);
  EXPECT_TRUE(made.is_abstention);
}

TEST(verdict, nothing_is_said_without_evidence) {
  const Judgement made = judged({});
  EXPECT_EQ(made.verdict, Verdict::kNotEnoughInfo);
  EXPECT_FALSE(made.is_abstention);
  EXPECT_EQ(made.reason, "there is no evidence");
}

TEST(verdict, names_of_other_sets_are_read) {
  EXPECT_EQ(*verdict_from_name("SUPPORTS"), Verdict::kSupported);
  EXPECT_EQ(*verdict_from_name("support"), Verdict::kSupported);
  EXPECT_EQ(*verdict_from_name("CONTRADICT"), Verdict::kRefuted);
  EXPECT_EQ(*verdict_from_name("NOT ENOUGH INFO"), Verdict::kNotEnoughInfo);
  EXPECT_EQ(*verdict_from_name("not_enough_info"), Verdict::kNotEnoughInfo);
  EXPECT_EQ(verdict_from_name("maybe").status().code(), Code::kBadInput);
  for (const Verdict v : {Verdict::kSupported, Verdict::kRefuted, Verdict::kNotEnoughInfo}) {
    EXPECT_EQ(*verdict_from_name(verdict_name(v)), v);
  }
}

TEST(verdict, logits_that_are_no_numbers_are_refused) {
  const JudgedPair pair = pair_of("a", {.entailment = std::numeric_limits<float>::quiet_NaN()}, 1);
  EXPECT_EQ(judge({&pair, 1}, default_calibration()).status().code(), Code::kBadInput);
}

}  // namespace quern::apps
