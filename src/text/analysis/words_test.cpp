#include "text/analysis/words.h"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace quern::text {
namespace {

std::vector<std::size_t> boundaries_of(std::string_view utf8) {
  std::vector<std::size_t> ends;
  for (std::size_t pos = 0; pos < utf8.size(); ends.push_back(pos)) {
    pos = next_word_boundary(utf8, pos);
  }
  return ends;
}

std::vector<std::string> words_of(std::string_view utf8) {
  std::vector<std::string> words;
  WordReader reader(utf8);
  while (const auto span = reader.next()) {
    words.emplace_back(utf8.substr(span->begin, span->end - span->begin));
  }
  return words;
}

using Words = std::vector<std::string>;

TEST(words, every_case_of_unicodes_own_test_breaks_as_it_says) {
  std::ifstream file(QUERN_SOURCE_DIR "/tests/data/unicode/word_break_cases.txt");
  std::string line;
  int n_cases = 0;
  while (std::getline(file, line)) {
    std::istringstream parts(line);
    std::string text;
    std::vector<std::size_t> want;
    for (std::string part; parts >> part;) {
      if (part == "/" && !text.empty()) want.push_back(text.size());
      if (part != "/" && part != "x") {
        append_utf8(static_cast<CodePoint>(std::stoul(part, nullptr, 16)), text);
      }
    }
    EXPECT_EQ(boundaries_of(text), want) << line;
    ++n_cases;
  }
  EXPECT_EQ(n_cases, 1823);
}

TEST(words, a_word_holds_its_inner_apostrophe_stop_and_comma) {
  EXPECT_EQ(words_of("The fox can't jump 32.3 feet, right? 1,000 e.g. x:y"),
            (Words{"The", "fox", "can't", "jump", "32.3", "feet", "right", "1,000", "e.g", "x:y"}));
  EXPECT_EQ(words_of("_id __ snake_case a_1 -- (x)"), (Words{"_id", "snake_case", "a_1", "x"}));
}

TEST(words, ideographs_and_hiragana_stand_alone_and_katakana_hangul_and_thai_in_runs) {
  EXPECT_EQ(words_of("我是中国人。"), (Words{"我", "是", "中", "国", "人"}));
  EXPECT_EQ(words_of("ひらカタカナ"), (Words{"ひ", "ら", "カタカナ"}));
  EXPECT_EQ(words_of("안녕하세요 세계"), (Words{"안녕하세요", "세계"}));
  EXPECT_EQ(words_of("การที่ได้ต้อง abc"), (Words{"การที่ได้ต้อง", "abc"}));
}

TEST(words, emoji_and_flags_are_words_and_signs_are_not) {
  EXPECT_EQ(words_of("a 👩‍👩‍👧 © → 🇩🇪🇫🇷 !"),
            (Words{"a", "👩‍👩‍👧", "🇩🇪", "🇫🇷"}));
}

TEST(words, a_longer_word_comes_in_pieces_of_255_characters) {
  const std::string word(600, 'x');
  const auto words = words_of(word + " y");
  ASSERT_EQ(words.size(), 4u);
  EXPECT_EQ(words[0].size(), 255u);
  EXPECT_EQ(words[2].size(), 90u);
  EXPECT_EQ(words[3], "y");
}

TEST(words, ill_formed_bytes_part_words_and_are_in_none) {
  EXPECT_EQ(words_of("ab\xff"
                     "cd \xe4\xb8"),
            (Words{"ab", "cd"}));
  EXPECT_EQ(words_of(""), Words{});
}

TEST(words, marks_without_end_take_linear_time) {
  std::string text = "a:";
  for (int i = 0; i < 200000; ++i) text += "\xcc\x80:";
  EXPECT_EQ(words_of(text), Words{"a"});
}

}  // namespace
}  // namespace quern::text
