#include "text/bert/bert_normalizer.h"

#include <string>

#include <gtest/gtest.h>

#include "text/bert/bert_words.h"

namespace quern::text {
namespace {

std::string normal(std::string_view text, const BertRules& rules = {}) {
  std::string out;
  BertNormalizer(rules).normalize(text, out);
  return out;
}

TEST(bert_normalizer, lower_cases_and_strips_accents) {
  EXPECT_EQ(normal("CAF\u00C9 Nai\u0308ve"), "cafe naive");
  EXPECT_EQ(normal("\u0130I"), "ii");
  EXPECT_EQ(normal("CAF\u00C9", {.strip_accents = false}), "caf\u00E9");
  EXPECT_EQ(normal("CAF\u00C9", {.lowercase = false}), "CAF\u00C9");
  EXPECT_EQ(normal("CAF\u00C9", {.strip_accents = true, .lowercase = false}), "CAFE");
  EXPECT_EQ(normal("\u0130", {.strip_accents = false}), "i\u0307");
}

TEST(bert_normalizer, cleans_control_characters_and_white_space) {
  using namespace std::string_view_literals;
  EXPECT_EQ(normal("a\0b\x7F\u200D\uFFFD c"sv), "ab c");
  EXPECT_EQ(normal("a\tb\nc\u00A0d\u3000e"), "a b c d e");
  EXPECT_EQ(normal("\x0B\x0C\u0085"), "");
  EXPECT_EQ(normal("a\0b\t"sv, {.clean_text = false}), "a\0b\t"sv);
}

TEST(bert_normalizer, puts_spaces_round_chinese_characters) {
  EXPECT_EQ(normal("ab\u6F22\u5B57c"), "ab \u6F22  \u5B57 c");
  EXPECT_EQ(normal("\u3042"), "\u3042");  // Hiragana is not among them.
  EXPECT_EQ(normal("\u6F22", {.handle_chinese_chars = false}), "\u6F22");
}

TEST(bert_normalizer, orders_the_marks_it_keeps) {
  // U+302E (class 224) and U+1D165 (class 216) are spacing marks: kept, but sorted, also across a
  // control character that goes.
  EXPECT_EQ(normal("a\u302E\U0001D165"), "a\U0001D165\u302E");
  EXPECT_EQ(normal("a\u302E\x01\U0001D165"), "a\U0001D165\u302E");
  EXPECT_EQ(normal("a\u302Eb\U0001D165"), "a\u302Eb\U0001D165");
  EXPECT_EQ(normal("a\u302E\u034F\U0001D165"), "a\u302E\U0001D165");  // The joiner parts them.
}

TEST(bert_words, white_space_separates_and_punctuation_stands_alone) {
  std::string_view rest = "  don't stop\u3002\u00A0go!";
  std::string shown;
  for (std::string_view word; !(word = next_bert_word(rest)).empty();) {
    shown += std::string(word) + "|";
  }
  EXPECT_EQ(shown, "don|'|t|stop|\u3002|go|!|");
  std::string_view spaces = " \n ";
  EXPECT_EQ(next_bert_word(spaces), "");
}

}  // namespace
}  // namespace quern::text
