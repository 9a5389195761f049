#include "text/added_tokens.h"

#include <string>

#include <gtest/gtest.h>

namespace quern::text {
namespace {

// "a|1:[X]|b": parts by '|', tokens with their id in front.
std::string show(const AddedTokens& tokens, std::string_view text,
                 Specials specials = Specials::kAsToken, const ByteSpans& plain = {}) {
  std::vector<TextPart> parts;
  tokens.split(text, {specials, plain}, parts);
  std::string out;
  for (const TextPart& part : parts) {
    if (!out.empty()) out += '|';
    if (part.id >= 0) out += std::to_string(part.id) + ':';
    out += part.text;
  }
  return out;
}

TEST(added_tokens, the_leftmost_and_then_the_longest_match_wins) {
  const AddedTokens tokens({{.id = 1, .content = "<x>"},
                            {.id = 2, .content = "<x><x>"},
                            {.id = 3, .content = "x><x>y"}});
  EXPECT_EQ(show(tokens, "a<x>b"), "a|1:<x>|b");
  EXPECT_EQ(show(tokens, "<x><x><x>y"), "2:<x><x>|1:<x>|y");
  EXPECT_EQ(show(tokens, "x><x>y"), "3:x><x>y");
  EXPECT_EQ(show(tokens, "<x"), "<x");
  EXPECT_EQ(show(tokens, ""), "");
}

TEST(added_tokens, strip_flags_take_the_white_space_around) {
  const AddedTokens tokens(
      {{.id = 1, .content = "L", .lstrip = true}, {.id = 2, .content = "R", .rstrip = true}});
  EXPECT_EQ(show(tokens, "a \xC2\xA0L b"), "a|1: \xC2\xA0L| b");
  EXPECT_EQ(show(tokens, "a R \xE2\x80\x83 b"), "a |2:R \xE2\x80\x83 |b");
  EXPECT_EQ(show(tokens, "R L"), "2:R |1:L");
}

TEST(added_tokens, a_single_word_needs_word_borders) {
  const AddedTokens tokens({{.id = 1, .content = "ab", .single_word = true}});
  EXPECT_EQ(show(tokens, "ab, ab"), "1:ab|, |1:ab");
  EXPECT_EQ(show(tokens, "abc _ab ab\xC3\xA9"), "abc _ab ab\xC3\xA9");
  EXPECT_EQ(show(tokens, "-ab-"), "-|1:ab|-");
}

TEST(added_tokens, special_tokens_may_be_read_as_text) {
  const AddedTokens tokens(
      {{.id = 1, .content = "[SEP]", .special = true}, {.id = 2, .content = "user"}});
  EXPECT_EQ(show(tokens, "a[SEP]user", Specials::kAsText), "a[SEP]|2:user");
  EXPECT_EQ(show(tokens, "a[SEP]user"), "a|1:[SEP]|2:user");
}

TEST(added_tokens, special_tokens_that_touch_a_plain_stretch_are_text) {
  const AddedTokens tokens({{.id = 1, .content = "[S]", .special = true},
                            {.id = 2, .content = "[S][T]", .special = true},
                            {.id = 3, .content = "[T]", .special = true},
                            {.id = 4, .content = "user"}});
  const auto with = [&](std::string_view text, ByteSpans plain) {
    return show(tokens, text, Specials::kAsToken, plain);
  };
  EXPECT_EQ(with("[S]user[S]", {}), "1:[S]|4:user|1:[S]");
  EXPECT_EQ(with("[S]user[S]", {{3, 10}}), "1:[S]|4:user|[S]");
  EXPECT_EQ(with("[S][S]", {{2, 4}}), "[S][S]");  // Half of each.
  EXPECT_EQ(with("[S][S]", {{0, 1}}), "[S]|1:[S]");
  EXPECT_EQ(with("[S][T]", {{0, 3}}), "[S]|3:[T]");  // A longer one hides none.
  EXPECT_EQ(with("[S][T]", {{3, 6}}), "1:[S]|[T]");
}

TEST(added_tokens, in_plain_stretches_tokens_shaped_like_control_tokens_are_text) {
  for (const char* token :
       {"<|im_end|>", "<|turn>", "<turn|>", "<end_of_turn>", "<\xEF\xBD\x9CUser\xEF\xBD\x9C>"}) {
    const AddedTokens tokens({{.id = 7, .content = token}});
    const std::string text = token;
    EXPECT_EQ(show(tokens, text), "7:" + text);
    EXPECT_EQ(show(tokens, text, Specials::kAsToken, {{0, text.size()}}), text);
  }
  for (const char* token : {"<think>", "</tool_call>", "<0x0A>", "  "}) {
    const AddedTokens tokens({{.id = 7, .content = token}});
    const std::string text = token;
    EXPECT_EQ(show(tokens, text, Specials::kAsToken, {{0, text.size()}}), "7:" + text);
  }
}

TEST(added_tokens, many_tokens_share_a_trie) {
  std::vector<AddedToken> many;
  for (int i = 0; i < 3000; ++i) {
    many.push_back({.id = i, .content = "<unused" + std::to_string(i) + ">"});
  }
  const AddedTokens tokens(many);
  EXPECT_EQ(show(tokens, "<unused12><unused2999>"), "12:<unused12>|2999:<unused2999>");
}

}  // namespace
}  // namespace quern::text
