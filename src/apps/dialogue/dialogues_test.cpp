#include "apps/dialogue/dialogues.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/dialogue/dialogue_vectors.h"

namespace quern::apps {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

}  // namespace

TEST(dialogues, a_line_has_its_turns_with_their_speakers) {
  const auto read = dialogue_from_json(
      R"({"_id": 7, "turns": [{"speaker": 3, "text": "Hi."}, {"text": "Ho.", "gap_seconds": 2.5},
          "And?", {"speaker": "ann", "text": "Yes.", "act": 1}]})");
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->id, "7");
  ASSERT_EQ(read->turns.size(), 4u);
  EXPECT_EQ(read->turns[0].speaker, "3");
  EXPECT_EQ(read->turns[1].speaker, "1");  // Nobody is named: in turns.
  EXPECT_EQ(read->turns[1].gap_seconds, 2.5);
  EXPECT_EQ(read->turns[2].text, "And?");
  EXPECT_EQ(read->turns[2].speaker, "0");
  EXPECT_EQ(read->turns[3].speaker, "ann");
}

TEST(dialogues, blank_turns_are_passed_over_and_counted) {
  std::size_t n_blank = 0;
  const auto read = dialogue_from_json(R"({"turns": ["", " \t\n", "Yes."]})", &n_blank);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->turns.size(), 1u);
  EXPECT_EQ(n_blank, 2u);
}

TEST(dialogues, what_is_wrong_is_said) {
  const auto problem = [](std::string_view json) { return dialogue_from_json(json).status(); };
  EXPECT_EQ(problem("nonsense").code(), Code::kBadInput);
  EXPECT_EQ(problem("[1]").code(), Code::kBadInput);
  EXPECT_THAT(problem(R"({"text": "a"})").message(), HasSubstr("no \"turns\""));
  EXPECT_THAT(problem(R"({"turns": ["a", 3]})").message(), HasSubstr("turn 2"));
  EXPECT_THAT(problem(R"({"turns": [{"speaker": 1}]})").message(), HasSubstr("no \"text\""));
  EXPECT_THAT(problem(R"({"turns": [{"speaker": 1.5, "text": "a"}]})").message(),
              HasSubstr("\"speaker\""));
  EXPECT_THAT(problem(R"({"turns": [{"text": "a", "gap_seconds": -1}]})").message(),
              HasSubstr("wanted 0 and more"));
  std::string deep = R"({"turns": [{"text": "a", "gap_seconds": )";
  deep += std::string(100'000, '[') + std::string(100'000, ']') + "}]}";
  EXPECT_EQ(problem(deep).code(), Code::kBadInput);
  std::string many = R"({"turns": ["a")";
  for (std::size_t i = 0; i < kMaxTurns; ++i) many += R"(,"a")";
  EXPECT_EQ(problem(many + "]}").code(), Code::kTooLarge);
}

TEST(dialogues, lines_that_are_no_dialogues_are_named_and_the_others_read) {
  std::istringstream in("{\"turns\": [\"a\"]}\n\nnonsense\n{\"turns\": [\"b\", \"c\"]}\n");
  DialogueLines lines(in, "talks.jsonl");
  const auto first = lines.next(), second = lines.next(), third = lines.next(), end = lines.next();
  ASSERT_TRUE(first.ok() && *first && second.ok() && *second && third.ok() && *third);
  EXPECT_TRUE((*first)->status.ok());
  EXPECT_EQ((*second)->where, "talks.jsonl line 3");
  EXPECT_EQ((*second)->status.code(), Code::kBadInput);
  EXPECT_EQ((*third)->dialogue.turns.size(), 2u);
  EXPECT_TRUE(end.ok() && !*end);
}

TEST(dialogues, a_turn_of_a_conversation_names_it) {
  const auto said = said_from_json(R"({"conversation": 4, "speaker": "ann", "text": "Hi."})");
  ASSERT_TRUE(said.ok());
  EXPECT_EQ(said->conversation, "4");
  EXPECT_EQ(said->turn.speaker, "ann");
  EXPECT_EQ(said_from_json(R"({"text": "Hi."})")->turn.speaker, "");
  const auto fork = said_from_json(R"({"conversation": "b", "fork": "a"})");
  ASSERT_TRUE(fork.ok());
  EXPECT_EQ(fork->fork, "a");
  EXPECT_EQ(fork->turn.text, "");
  EXPECT_EQ(said_from_json(R"({"conversation": "b"})").status().code(), Code::kBadInput);
  EXPECT_EQ(said_from_json(R"({"text": " "})").status().code(), Code::kBadInput);
  EXPECT_EQ(said_from_json(R"({"conversation": [], "text": "a"})").status().code(),
            Code::kBadInput);
}

TEST(dialogues, what_is_known_beside_a_turn_is_who_speaks_and_when) {
  Dialogue dialogue;
  dialogue.turns = {{.speaker = "a", .text = "1"},
                    {.speaker = "b", .text = "2"},
                    {.speaker = "b", .text = "3", .gap_seconds = std::exp(1.0) - 1},
                    {.speaker = "a", .text = "4"}};
  EXPECT_THAT(turn_extras(dialogue), ElementsAre(1, 0, 0, 0,         //
                                                 -1, 0, 0, 0.05f,    //
                                                 -1, 1, 0.1f, 0.1f,  //
                                                 1, 0, 0, 3.0f / 20));
  dialogue.turns.assign(40, {.speaker = "a", .text = "x"});
  EXPECT_EQ(turn_extras(dialogue).back(), 1.0f);
}

}  // namespace quern::apps
