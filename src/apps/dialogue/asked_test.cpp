#include "apps/dialogue/asked.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::apps {
namespace {

using testing::HasSubstr;

TEST(asked, a_dialogue_or_turns_of_a_conversation) {
  const auto dialogue =
      asked_from_json(R"({"id": 7, "turns": ["a", {"speaker": "x", "text": "b"}]})");
  ASSERT_TRUE(dialogue.ok()) << dialogue.status().message();
  EXPECT_EQ(dialogue->id, "7");
  EXPECT_FALSE(dialogue->conversation);
  ASSERT_EQ(dialogue->turns.size(), 2u);
  EXPECT_EQ(dialogue->turns[0].speaker, "0");

  const auto said = asked_from_json(R"({"conversation": 1, "text": "turns", "gap_seconds": 3})");
  ASSERT_TRUE(said.ok()) << said.status().message();
  EXPECT_EQ(*said->conversation, "1");
  ASSERT_EQ(said->turns.size(), 1u);
  EXPECT_EQ(said->turns[0].text, "turns");
  EXPECT_EQ(said->turns[0].speaker, "");
  EXPECT_EQ(said->turns[0].gap_seconds, 3);

  const auto several = asked_from_json(
      R"({"conversation": "c", "fork": "b", "turns": ["a", {"text": "b", "speaker": 4}]})");
  ASSERT_TRUE(several.ok()) << several.status().message();
  EXPECT_EQ(*several->conversation, "c");
  EXPECT_EQ(several->fork, "b");
  EXPECT_EQ(several->turns[0].speaker, "");
  EXPECT_EQ(several->turns[1].speaker, "4");

  const auto fork = asked_from_json(R"({"conversation": "c", "fork": "b"})");
  EXPECT_TRUE(fork->turns.empty());
}

TEST(asked, what_asks_nothing_is_refused) {
  for (const char* bad :
       {"", "[]", "{}", R"({"text": "a"})", R"({"turns": 1})", R"({"conversation": 1})",
        R"({"conversation": 1, "text": " "})", R"({"conversation": 1, "turns": []})",
        R"({"conversation": 1, "turns": ["a", ""]})", R"({"conversation": [], "turns": ["a"]})"}) {
    EXPECT_EQ(asked_from_json(bad).status().code(), Code::kBadInput) << bad;
  }
  EXPECT_THAT(asked_from_json(R"({"text": "a"})").status().message(), HasSubstr("neither"));
}

}  // namespace
}  // namespace quern::apps
