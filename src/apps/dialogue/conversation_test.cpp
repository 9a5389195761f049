#include "apps/dialogue/conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/dialogue/test_dialogues.h"

namespace quern::apps {
namespace {

using testing::HasSubstr;

TurnPredictor trained(const ContextSpec& context) {
  ThreadPool pool(1);
  return *TurnPredictor::train(made_up_dialogues(60), pool, {.context = context});
}

Turn turn_of(const DialogueVectors& dialogue, std::size_t t) {
  return {.speaker = std::to_string(t % 2), .text = dialogue.texts[t]};
}

}  // namespace

TEST(conversation, heard_turn_by_turn_saved_and_forked_all_is_as_predicted_at_once) {
  const auto dialogues = made_up_dialogues(20, 8, 5);
  ThreadPool pool(1);
  for (const ContextSpec& context :
       {ContextSpec{.n_turns = 3}, ContextSpec{.n_turns = 1, .reservoir = echo_state_spec(30, 1)},
        ContextSpec{.n_turns = 2, .reservoir = liquid_spec(30, 1)}}) {
    const TurnPredictor predictor = trained(context);
    const auto predicted = predictor.predict(dialogues, pool);
    for (std::size_t i = 0; i < dialogues.size(); ++i) {
      Conversation conversation(predictor);
      for (std::size_t t = 0; t < dialogues[i].n_turns(); ++t) {
        const std::vector<float> wanted((*predicted)[i].begin() + static_cast<long>(t * 8),
                                        (*predicted)[i].begin() + static_cast<long>(t * 8 + 8));
        Conversation fork = conversation;
        auto saved = Conversation::from_bytes(predictor, conversation.to_bytes());
        ASSERT_TRUE(saved.ok()) << saved.status().message();
        const Turn turn = turn_of(dialogues[i], t);
        EXPECT_EQ(conversation.hear(turn, dialogues[i].turn(t), pool), wanted);
        EXPECT_EQ(fork.hear(turn, dialogues[i].turn(t), pool), wanted);
        EXPECT_EQ(saved->hear(turn, dialogues[i].turn(t), pool), wanted);
        EXPECT_EQ(saved->to_bytes(), conversation.to_bytes());
      }
    }
  }
}

TEST(conversation, states_that_are_damaged_or_of_another_predictor_are_refused) {
  const TurnPredictor predictor = trained({.n_turns = 1, .reservoir = echo_state_spec(30, 1)});
  const auto dialogue = made_up_dialogues(1)[0];
  ThreadPool pool(1);
  Conversation conversation(predictor);
  conversation.hear(turn_of(dialogue, 0), dialogue.turn(0), pool);
  const std::string bytes = conversation.to_bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(Conversation::from_bytes(predictor, damaged).ok()) << i;
    EXPECT_FALSE(Conversation::from_bytes(predictor, bytes.substr(0, i)).ok()) << i;
  }
  const auto other = Conversation::from_bytes(trained({.n_turns = 1}), bytes);
  EXPECT_THAT(other.status().message(), HasSubstr("another's"));
}

}  // namespace quern::apps
