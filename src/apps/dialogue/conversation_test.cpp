#include "apps/dialogue/conversation.h"

#include <limits>

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

std::vector<float> heard(const TurnPredictor& predictor, ConversationState& state, const Turn& turn,
                         std::span<const float> vector) {
  ThreadPool pool(1);
  std::vector<float> next;
  const Hearing hearing = {.state = &state, .turn = &turn, .vector = vector, .next = &next};
  hear_together(predictor, std::span(&hearing, 1), pool);
  return next;
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
      ConversationState state = new_conversation(predictor);
      for (std::size_t t = 0; t < dialogues[i].n_turns(); ++t) {
        const std::vector<float> wanted((*predicted)[i].begin() + static_cast<long>(t * 8),
                                        (*predicted)[i].begin() + static_cast<long>(t * 8 + 8));
        ConversationState fork = state;
        auto saved = conversation_from_bytes(predictor, bytes_from_conversation(state));
        ASSERT_TRUE(saved.ok()) << saved.status().message();
        const Turn turn = turn_of(dialogues[i], t);
        EXPECT_EQ(heard(predictor, state, turn, dialogues[i].turn(t)), wanted);
        EXPECT_EQ(heard(predictor, fork, turn, dialogues[i].turn(t)), wanted);
        EXPECT_EQ(heard(predictor, *saved, turn, dialogues[i].turn(t)), wanted);
        EXPECT_EQ(bytes_from_conversation(*saved), bytes_from_conversation(state));
        EXPECT_EQ(*turns_in_bytes(bytes_from_conversation(state)), t + 1);
      }
    }
  }
}

TEST(conversation, heard_together_each_is_as_alone) {
  const auto dialogues = made_up_dialogues(150, 8, 3);
  ThreadPool pool(2);
  for (const ContextSpec& context :
       {ContextSpec{.n_turns = 3}, ContextSpec{.n_turns = 1, .reservoir = echo_state_spec(30, 1)},
        ContextSpec{.n_turns = 2, .reservoir = liquid_spec(30, 1)}}) {
    const TurnPredictor predictor = trained(context);
    const auto predicted = predictor.predict(dialogues, pool);
    std::vector<ConversationState> states(dialogues.size(), new_conversation(predictor));
    std::vector<std::vector<float>> next(dialogues.size());
    for (std::size_t t = 0; t < 2; ++t) {  // Each has two turns at least.
      std::vector<Turn> turns;
      for (const DialogueVectors& dialogue : dialogues) turns.push_back(turn_of(dialogue, t));
      std::vector<Hearing> hearings;
      for (std::size_t i = 0; i < dialogues.size(); ++i) {
        hearings.push_back({&states[i], &turns[i], dialogues[i].turn(t), &next[i]});
      }
      hear_together(predictor, hearings, pool);
      for (std::size_t i = 0; i < dialogues.size(); ++i) {
        const auto at = (*predicted)[i].begin() + static_cast<long>(t * 8);
        ASSERT_EQ(next[i], std::vector<float>(at, at + 8)) << i;
      }
    }
  }
}

TEST(conversation, states_that_are_damaged_or_of_another_predictor_are_refused) {
  const TurnPredictor predictor = trained({.n_turns = 1, .reservoir = echo_state_spec(30, 1)});
  const auto dialogue = made_up_dialogues(1)[0];
  ConversationState state = new_conversation(predictor);
  heard(predictor, state, turn_of(dialogue, 0), dialogue.turn(0));
  const std::string bytes = bytes_from_conversation(state);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(conversation_from_bytes(predictor, damaged).ok()) << i;
    EXPECT_FALSE(turns_in_bytes(damaged).ok()) << i;
    EXPECT_FALSE(conversation_from_bytes(predictor, bytes.substr(0, i)).ok()) << i;
  }
  const auto other = conversation_from_bytes(trained({.n_turns = 1}), bytes);
  EXPECT_THAT(other.status().message(), HasSubstr("another's"));
  // Numbers that nothing sane comes to, with a checksum that is right.
  for (const float x : {1e30f, std::numeric_limits<float>::quiet_NaN()}) {
    ConversationState odd = state;
    odd.numbers.back() = x;
    EXPECT_FALSE(conversation_from_bytes(predictor, bytes_from_conversation(odd)).ok()) << x;
  }
}

}  // namespace quern::apps
