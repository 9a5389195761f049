#include "apps/dialogue/conversation_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/dialogue/conversation.h"

namespace quern::apps {
namespace {

using testing::HasSubstr;

std::string state_bytes(std::size_t n_turns) {
  return bytes_from_conversation(
      {.numbers = {static_cast<float>(n_turns), 2}, .before = {.n = n_turns}});
}

ConversationFile some() {
  return {.predictor = std::string(64, 'a'),
          .states = {{"first", state_bytes(1)}, {"z\u00e9 \"quoted\"\n", state_bytes(7)}}};
}

std::string text_of(const ConversationFile& file) {
  std::string out;
  const Status written = write_conversations(file, [&](std::string_view line) -> Status {
    out += line;
    return {};
  });
  EXPECT_TRUE(written.ok());
  return out;
}

}  // namespace

TEST(conversation_file, what_was_written_is_read) {
  const auto read = conversations_from_text(text_of(some()));
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(read->predictor, some().predictor);
  EXPECT_EQ(read->states, some().states);
  EXPECT_EQ(*turns_in_bytes(read->states.find("first")->second), 1u);
  EXPECT_TRUE(conversations_from_text("")->states.empty());
  EXPECT_EQ(text_of(*read), text_of(some()));
}

TEST(conversation_file, one_that_is_cut_or_changed_anywhere_is_refused) {
  const std::string text = text_of(some());
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    EXPECT_FALSE(conversations_from_text(text.substr(0, i)).ok()) << i;
  }
  const std::size_t rows = text.find('\n') + 1;
  for (std::size_t i = text.find("\"state\"", rows) + 9; text[i] != '"'; ++i) {
    std::string changed = text;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_FALSE(conversations_from_text(changed).ok()) << i;
  }
  const std::string row = text.substr(rows, text.find('\n', rows) + 1 - rows);
  EXPECT_THAT(conversations_from_text(text + row).status().message(), HasSubstr("twice"));
  EXPECT_THAT(conversations_from_text(row).status().message(),
              HasSubstr("line 1: no conversations"));
  EXPECT_EQ(conversations_from_text("nonsense\n").status().code(), Code::kBadInput);
  EXPECT_EQ(conversations_from_text("{\"quern_conversations\":9}").status().code(),
            Code::kUnsupported);
}

TEST(conversation_file, whose_it_is_is_asked) {
  EXPECT_TRUE(check_predictor(some(), std::string(64, 'a')).ok());
  EXPECT_THAT(check_predictor(some(), std::string(64, 'b')).message(),
              HasSubstr("aaaaaaaaaaaa..."));
  EXPECT_TRUE(check_predictor({}, std::string(64, 'b')).ok());
}

TEST(conversation_file, bytes_and_digits) {
  EXPECT_EQ(hex_from_bytes(std::string_view("\x00\xff\x1f", 3)), "00ff1f");
  EXPECT_EQ(*bytes_from_hex("00ff1f"), std::string("\x00\xff\x1f", 3));
  for (const char* bad : {"0", "0g", "AB"}) EXPECT_FALSE(bytes_from_hex(bad).ok()) << bad;
}

}  // namespace quern::apps
