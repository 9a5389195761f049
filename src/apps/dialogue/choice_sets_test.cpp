#include "apps/dialogue/choice_sets.h"

#include <set>

#include <gtest/gtest.h>

#include "apps/dialogue/test_dialogues.h"

namespace quern::apps {

TEST(choice_sets, every_turn_with_a_next_one_is_asked_about_and_no_text_comes_twice) {
  const auto dialogues = made_up_dialogues(30);
  const auto sets = choice_sets(dialogues, 10, 1);
  std::size_t n = 0;
  for (const DialogueVectors& dialogue : dialogues) n += dialogue.n_turns() - 1;
  ASSERT_EQ(sets.size(), n);
  for (const ChoiceSet& set : sets) {
    ASSERT_EQ(set.candidates.size(), 10u);
    EXPECT_EQ(set.candidates[0], (TurnPlace{set.i_dialogue, set.i_turn + 1}));
    std::set<std::string> texts;
    for (const TurnPlace& place : set.candidates) {
      EXPECT_TRUE(texts.insert(dialogues[place.i_dialogue].texts[place.i_turn]).second);
    }
  }
}

TEST(choice_sets, a_seed_gives_the_same_sets_and_another_one_others) {
  const auto dialogues = made_up_dialogues(10);
  const auto a = choice_sets(dialogues, 5, 1), b = choice_sets(dialogues, 5, 1),
             c = choice_sets(dialogues, 5, 2);
  bool is_other = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].candidates, b[i].candidates);
    is_other |= a[i].candidates != c[i].candidates;
  }
  EXPECT_TRUE(is_other);
}

TEST(choice_sets, of_those_that_are_asked_the_others_are_drawn_from_all) {
  const auto dialogues = made_up_dialogues(30);
  const TurnPlace asked[] = {{3, 0}, {7, 0}};
  std::set<std::size_t> from;
  const auto sets = choice_sets(DialoguesInMemory(dialogues), asked, 20, 1);
  ASSERT_TRUE(sets.ok());
  ASSERT_EQ(sets->size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    const ChoiceSet& set = (*sets)[i];
    EXPECT_EQ(set.candidates[0], (TurnPlace{asked[i].i_dialogue, 1}));
    for (const TurnPlace& place : set.candidates) from.insert(place.i_dialogue);
  }
  EXPECT_GT(from.size(), 10u);
}

TEST(choice_sets, where_there_are_few_texts_a_set_is_smaller) {
  auto dialogues = made_up_dialogues(2);
  for (DialogueVectors& dialogue : dialogues) {
    for (std::string& text : dialogue.texts) text = "the same";
  }
  dialogues[0].texts[0] = "another";
  for (const ChoiceSet& set : choice_sets(dialogues, 10, 1)) {
    EXPECT_LE(set.candidates.size(), 2u);
  }
}

}  // namespace quern::apps
