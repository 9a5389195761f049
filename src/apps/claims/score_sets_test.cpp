#include "apps/claims/score_sets.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

constexpr Verdict kYes = Verdict::kSupported;
constexpr Verdict kNo = Verdict::kRefuted;
constexpr Verdict kOpen = Verdict::kNotEnoughInfo;

FeverScores fever_of(const FeverGold& gold, const FeverPrediction& prediction) {
  return fever_scores(std::span(&gold, 1), std::span(&prediction, 1));
}

SciFactScores scifact_of(const SciFactGold& gold, const SciFactPrediction& prediction) {
  return scifact_scores(std::span(&gold, 1), std::span(&prediction, 1));
}

ClaimEvidence said(const std::string& source, std::uint32_t i, Voice voice, double relevance,
                   double stance) {
  ClaimEvidence e;
  e.sentence.source.key = source;
  e.sentence.i_sentence = i;
  e.voice.voice = voice;
  e.voice.relevance = relevance;
  e.voice.stance = stance;
  return e;
}

}  // namespace

TEST(score_sets, fever_wants_the_verdict_and_one_whole_set) {
  const FeverGold gold = {.label = kYes, .sets = {{{"a", 1}, {"b", 2}}, {{"c", 3}}}};
  EXPECT_EQ(fever_of(gold, {kYes, {{"a", 1}, {"b", 2}}}).fever, 1);
  EXPECT_EQ(fever_of(gold, {kYes, {{"x", 9}, {"c", 3}}}).fever, 1);
  EXPECT_EQ(fever_of(gold, {kYes, {{"a", 1}}}).fever, 0);  // Half a set.
  EXPECT_EQ(fever_of(gold, {kYes, {}}).fever, 0);
  EXPECT_EQ(fever_of(gold, {kNo, {{"c", 3}}}).fever, 0);
  EXPECT_EQ(fever_of(gold, {kYes, {{"a", 1}}}).accuracy, 1);
  EXPECT_EQ(fever_of({.label = kOpen}, {kOpen, {}}).fever, 1);
  EXPECT_EQ(fever_of({.label = kOpen}, {kOpen, {{"a", 1}}}).fever, 1);
  EXPECT_EQ(fever_of({.label = kOpen}, {kYes, {{"a", 1}}}).fever, 0);
}

TEST(score_sets, fever_counts_the_first_five_sentences) {
  const FeverGold gold = {.label = kYes, .sets = {{{"c", 3}}}};
  const FeverPrediction sixth = {kYes,
                                 {{"x", 1}, {"x", 2}, {"x", 3}, {"x", 4}, {"x", 5}, {"c", 3}}};
  EXPECT_EQ(fever_of(gold, sixth).fever, 0);
  EXPECT_EQ(fever_of(gold, sixth).evidence.recall, 0);
  FeverPrediction fifth = sixth;
  std::swap(fifth.evidence[4], fifth.evidence[5]);
  EXPECT_EQ(fever_of(gold, fifth).fever, 1);
  EXPECT_EQ(fever_of(gold, fifth).evidence.precision, 0.2);
}

TEST(score_sets, fever_evidence_is_a_mean_over_claims_that_can_be_decided) {
  const std::vector<FeverGold> gold = {{.label = kYes, .sets = {{{"a", 1}, {"a", 2}}}},
                                       {.label = kNo, .sets = {{{"b", 1}}}},
                                       {.label = kOpen}};
  // 1 of 2 is right, and no whole set; nothing given: precision 1, recall 0; left out.
  const std::vector<FeverPrediction> predicted = {
      {kYes, {{"a", 1}, {"x", 1}}}, {kOpen, {}}, {kOpen, {{"x", 1}}}};
  FeverScores scores = fever_scores(gold, predicted);
  EXPECT_NEAR(scores.evidence.precision, 0.75, 1e-12);
  EXPECT_EQ(scores.evidence.recall, 0);
  EXPECT_EQ(scores.evidence.f1, 0);
  EXPECT_NEAR(scores.accuracy, 2.0 / 3, 1e-12);
  EXPECT_NEAR(scores.fever, 1.0 / 3, 1e-12);
  EXPECT_EQ(fever_scores({}, {}).fever, 0);
}

TEST(score_sets, scifact_abstracts_by_label_and_by_rationale) {
  const SciFactGold gold = {{"1", {kYes, {{0, 1}, {4}}}}, {"2", {kNo, {{2}}}}};
  // 1: label and a rationale; 2: the wrong label; 3: no evidence at all.
  const SciFactScores scores =
      scifact_of(gold, {{"1", {kYes, {4}}}, {"2", {kYes, {2}}}, {"3", {kNo, {0}}}});
  EXPECT_NEAR(scores.abstract_label_only.precision, 1.0 / 3, 1e-12);
  EXPECT_NEAR(scores.abstract_label_only.recall, 1.0 / 2, 1e-12);
  EXPECT_NEAR(scores.abstract_label_only.f1, 0.4, 1e-12);
  EXPECT_EQ(scores.abstract_rationalized.f1, scores.abstract_label_only.f1);
  // Sentences: 3 predicted, 4 gold; 4 of "1" and 2 of "2" are right, the latter without its label.
  EXPECT_NEAR(scores.sentence_selection.precision, 2.0 / 3, 1e-12);
  EXPECT_NEAR(scores.sentence_selection.recall, 2.0 / 4, 1e-12);
  EXPECT_NEAR(scores.sentence_label.precision, 1.0 / 3, 1e-12);
  EXPECT_NEAR(scores.sentence_label.recall, 1.0 / 4, 1e-12);
}

TEST(score_sets, scifact_counts_three_sentences_of_an_abstract_and_all_as_sentences) {
  const SciFactGold gold = {{"1", {kYes, {{7}}}}};
  const SciFactScores scores = scifact_of(gold, {{"1", {kYes, {1, 2, 3, 7}}}});
  EXPECT_EQ(scores.abstract_label_only.f1, 1);
  EXPECT_EQ(scores.abstract_rationalized.f1, 0);
  EXPECT_EQ(scores.sentence_selection.recall, 1);
  EXPECT_EQ(scores.sentence_selection.precision, 0.25);
}

TEST(score_sets, half_a_rationale_is_no_sentence) {
  const SciFactGold gold = {{"1", {kYes, {{0, 1}}}}};
  EXPECT_EQ(scifact_of(gold, {{"1", {kYes, {0}}}}).sentence_selection.f1, 0);
  EXPECT_EQ(scifact_of(gold, {{"1", {kYes, {0}}}}).abstract_label_only.f1, 1);
  EXPECT_EQ(scifact_of(gold, {{"1", {kYes, {1, 0}}}}).sentence_selection.f1, 1);
}

TEST(score_sets, scifact_leaves_out_what_is_not_decided) {
  const SciFactGold gold = {{"1", {kYes, {{0}}}}};
  EXPECT_EQ(scifact_of(gold, {}).abstract_label_only.f1, 0);
  const SciFactScores scores = scifact_of(gold, {{"1", {kYes, {0}}}, {"2", {kOpen, {0}}}});
  EXPECT_EQ(scores.abstract_label_only.precision, 1);
  EXPECT_EQ(scifact_of({}, {}).abstract_label_only.f1, 0);
}

TEST(score_sets, a_judged_claim_cites_its_relevant_sources_and_their_sentences) {
  ClaimResult result;
  result.judgement.verdict = kYes;
  result.evidence = {
      said("a", 3, Voice::kSupports, 0.8, 0.9), said("a", 5, Voice::kRepeats, 0.7, 0.8),
      said("a", 6, Voice::kNeutral, 0.75, 0.8), said("b", 1, Voice::kRefutes, 0.5, 0.2),
      said("c", 2, Voice::kSupports, 0.1, 0.9)};
  const SciFactPrediction cited = cited_abstracts(result, {.cited = 0.2});
  ASSERT_EQ(cited.size(), 2u);
  EXPECT_EQ(cited.at("a").label, kYes);
  EXPECT_EQ(cited.at("a").sentences, (std::vector<std::uint32_t>{3, 5}));
  EXPECT_EQ(cited.at("b").label, kNo);
  const FeverPrediction fever = cited_sentences(result);
  EXPECT_EQ(fever.evidence, (std::vector<SentenceId>{{"a", 3}, {"a", 5}, {"c", 2}}));
  result.judgement.verdict = kOpen;
  EXPECT_TRUE(cited_sentences(result).evidence.empty());
}

}  // namespace quern::apps
