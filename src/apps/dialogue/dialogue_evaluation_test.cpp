#include "apps/dialogue/dialogue_evaluation.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/dialogue/test_dialogues.h"

namespace quern::apps {
namespace {

using testing::FloatNear;
using testing::Pointwise;

}  // namespace

TEST(dialogue_evaluation, ranks_by_hand) {
  const std::vector<ChoiceSet> sets(3, {.i_dialogue = 0, .i_turn = 0, .candidates = {{0, 1}}});
  const std::vector<std::vector<float>> scores = {{3, 1, 2}, {2, 1, 3}, {1, 1, 0, 2, 2, 2}};
  std::size_t at = 0;
  const ChoiceMetrics m = measure("x", sets, [&](const ChoiceSet&) { return scores[at++]; });
  EXPECT_EQ(m.n, 3u);
  EXPECT_DOUBLE_EQ(m.recall_1, 1.0 / 3);
  EXPECT_DOUBLE_EQ(m.recall_2, 2.0 / 3);
  EXPECT_DOUBLE_EQ(m.recall_5, 1);  // A tie stands before: the third is fifth.
  EXPECT_DOUBLE_EQ(m.mrr, (1 + 0.5 + 0.2) / 3);
}

TEST(dialogue_evaluation, who_gives_all_the_same_score_finds_nothing) {
  const auto dialogues = made_up_dialogues(10);
  const auto sets = choice_sets(dialogues, 10, 1);
  const ChoiceMetrics m = measure("", sets, [](const ChoiceSet& set) {
    return std::vector<float>(set.candidates.size(), 0.5f);
  });
  EXPECT_EQ(m.recall_5, 0);
  EXPECT_EQ(measure("", {}, score_by_chance(1)).mrr, 0);
}

TEST(dialogue_evaluation, chance_finds_one_in_ten) {
  const auto dialogues = made_up_dialogues(800);
  const ChoiceMetrics m = measure("", choice_sets(dialogues, 10, 1), score_by_chance(1));
  EXPECT_NEAR(m.recall_1, 0.1, 0.02);
  EXPECT_NEAR(m.recall_5, 0.5, 0.03);
  EXPECT_GT(m.margin, 0);
}

TEST(dialogue_evaluation, words_that_are_shared_and_rare_find_a_turn) {
  DialogueVectors a = {.d = 1, .turns = {1, 1}, .texts = {"where is the ferry", "the ferry left"}};
  DialogueVectors b = {.d = 1, .turns = {1, 1}, .texts = {"the the", "the the the"}};
  const std::vector<DialogueVectors> dialogues = {a, b};
  const ChoiceSet set = {.i_dialogue = 0, .i_turn = 0, .candidates = {{0, 1}, {1, 0}, {1, 1}}};
  const auto scores = score_by_words(dialogues)(set);
  EXPECT_GT(scores[0], scores[1]);
  EXPECT_GT(scores[0], scores[2]);
}

TEST(dialogue_evaluation, means_of_the_turns_so_far_have_length_one) {
  DialogueVectors a = {.d = 2, .turns = {1, 0, 0, 1}, .texts = {"a", "b"}};
  const float half = std::sqrt(0.5f);
  EXPECT_THAT(context_means(std::span(&a, 1))[0],
              Pointwise(FloatNear(1e-6f), {1.0f, 0.0f, half, half}));
}

TEST(dialogue_evaluation, calibration_by_hand) {
  std::vector<SureChoice> choices;
  for (int i = 0; i < 5; ++i) choices.push_back({0.95, i < 4});  // 0.8 right: 0.15 off.
  for (int i = 0; i < 5; ++i) choices.push_back({0.25, i < 1});  // 0.2 right: 0.05 off.
  const ConfidenceMetrics m = measure_confidence(choices);
  EXPECT_NEAR(m.ece, (0.15 + 0.05) / 2, 1e-12);
  EXPECT_NEAR(m.accuracy, 0.5, 1e-12);
  EXPECT_NEAR(m.accuracy_80, 5.0 / 8, 1e-12);
  EXPECT_EQ(measure_confidence({}).ece, 0);
}

}  // namespace quern::apps
