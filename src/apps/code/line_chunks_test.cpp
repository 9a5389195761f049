#include "apps/code/line_chunks.h"

#include <algorithm>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace quern::apps {
namespace {

int n_chars(std::string_view text) {
  int n = 0;
  for (const char byte : text) n += !is_blank(byte) && !is_continuation_byte(byte) ? 1 : 0;
  return n;
}

std::vector<std::string> pieces(std::string_view text, int max_chars) {
  std::vector<std::string> out;
  for (const CodeChunk& chunk : chunk_by_lines(text, {.max_chars = max_chars}).chunks) {
    out.emplace_back(text.substr(chunk.span.begin, chunk.span.end - chunk.span.begin));
  }
  return out;
}

using Pieces = std::vector<std::string>;

// What is promised of every cutting, whatever the text.
void expect_sound(std::string_view text, const ChunkedCode& code, int max_chars) {
  std::size_t at = 0;
  for (const CodeChunk& chunk : code.chunks) {
    const CodeSpan& span = chunk.span;
    ASSERT_LE(at, span.begin);
    ASSERT_LT(span.begin, span.end);
    ASSERT_LE(span.end, text.size());
    EXPECT_EQ(n_chars(text.substr(at, span.begin - at)), 0);
    EXPECT_LE(n_chars(text.substr(span.begin, span.end - span.begin)), max_chars);
    EXPECT_FALSE(is_blank(text[span.end - 1]));
    const auto lines_before = [&](std::size_t end) {
      return static_cast<int>(
          std::count(text.begin(), text.begin() + static_cast<long>(end), '\n'));
    };
    EXPECT_EQ(span.last_line, lines_before(span.end - 1) + 1);
    std::size_t first = span.begin;
    while (is_blank(text[first])) ++first;
    EXPECT_EQ(span.first_line, lines_before(first) + 1);
    EXPECT_EQ(span.first_line, lines_before(span.begin) + 1);
    at = span.end;
  }
  EXPECT_EQ(n_chars(text.substr(at)), 0);
}

TEST(line_chunks, what_fits_is_one_piece_without_the_blanks_around_it) {
  EXPECT_EQ(pieces("\n\n  a b\n c\n\n", 10), (Pieces{"  a b\n c"}));
  EXPECT_EQ(pieces("", 10), Pieces{});
  EXPECT_EQ(pieces(" \n\t\n", 10), Pieces{});
}

TEST(line_chunks, a_piece_ends_at_a_blank_line_of_its_second_half) {
  EXPECT_EQ(pieces("aaa\n\nbb\ncc\ndd\n", 8), (Pieces{"aaa\n\nbb\ncc", "dd"}));
  EXPECT_EQ(pieces("aaaa\n\nbb\ncc\ndd\n", 8), (Pieces{"aaaa", "bb\ncc\ndd"}));
}

TEST(line_chunks, a_piece_ends_before_the_line_that_is_indented_least) {
  EXPECT_EQ(pieces("f:\n  aaaa\ng:\n  bb\n  cc\n", 11), (Pieces{"f:\n  aaaa", "g:\n  bb\n  cc"}));
}

TEST(line_chunks, a_line_that_is_too_long_is_cut_at_blanks_or_between_characters) {
  EXPECT_EQ(pieces("aaa bbb cccc dd", 8), (Pieces{"aaa bbb", "cccc dd"}));
  EXPECT_EQ(pieces("äöüäöü", 4), (Pieces{"äöüä", "öü"}));
  EXPECT_EQ(pieces("x\n日本語日本語\ny", 4), (Pieces{"x", "日本語日", "本語\ny"}));
}

TEST(line_chunks, any_bytes_are_covered_once_and_in_order) {
  std::mt19937 random(7);
  const std::string alphabet = std::string("ab\n\n \t\r\xC3\xA4\xFF\xE2\x82", 12);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const std::size_t n = random() % 120;
    while (text.size() < n) text += alphabet[random() % alphabet.size()];
    const int max_chars = 1 + static_cast<int>(random() % 20);
    expect_sound(text, chunk_by_lines(text, {.max_chars = max_chars}), max_chars);
    if (testing::Test::HasFailure()) FAIL() << "round " << round;
  }
}

TEST(line_chunks, no_character_is_split) {
  std::mt19937 random(8);
  const Pieces characters = {"a", "ä", "日", "😀", " ", "\n"};
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (int i = 0; i < 60; ++i) text += characters[random() % characters.size()];
    for (const std::string& piece : pieces(text, 1 + static_cast<int>(random() % 9))) {
      EXPECT_TRUE(is_valid_utf8(piece));
    }
  }
}

TEST(line_chunks, one_long_line_takes_time_by_its_length) {
  const std::string text(std::size_t{8} << 20, 'x');
  const ChunkedCode code = chunk_by_lines(text);
  EXPECT_EQ(code.chunks.size(), (text.size() + 1499) / 1500);
}

}  // namespace
}  // namespace quern::apps
