#include "apps/code/piece_merge.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

constexpr CutSizes kSizes = {.max_chars = 20, .alone_chars = 8, .tiny_chars = 3};

// Pieces by the marks in `marked`: "|" begins one, "!" one that stays alone, "^" a closing one,
// "1".."9" one of that scope.
std::vector<std::string> merged(const std::string& marked) {
  std::string text;
  std::vector<CutPiece> pieces;
  for (const char c : marked) {
    const bool is_scope = c >= '1' && c <= '9';
    if (c != '|' && c != '!' && c != '^' && !is_scope) {
      text += c;
      continue;
    }
    pieces.push_back({.begin = text.size(),
                      .scope = is_scope ? c - '0' : -1,
                      .is_alone = c == '!',
                      .is_closing = c == '^'});
  }
  const TextMeasure measure(text);
  std::vector<std::string> out;
  for (const CodeSpan& span : merge_pieces(measure, pieces, kSizes)) {
    out.push_back(text.substr(span.begin, span.end - span.begin));
  }
  return out;
}

using Strings = std::vector<std::string>;

TEST(piece_merge, small_neighbours_are_put_together_while_they_fit) {
  EXPECT_EQ(merged("|aaaaaaa\n|bbbbbbb\n|cccccc\n|dddd\n"),
            (Strings{"aaaaaaa\nbbbbbbb\ncccccc", "dddd"}));
}

TEST(piece_merge, a_definition_of_a_good_size_stays_alone) {
  EXPECT_EQ(merged("|aaaa\n!bbbbbbbb\n|cccc\n|dd\n"), (Strings{"aaaa", "bbbbbbbb", "cccc\ndd"}));
}

TEST(piece_merge, what_closes_stays_with_what_it_closes) {
  EXPECT_EQ(merged("|aaaa\n!bbbbbbbb\n^}\n|cccc\n"), (Strings{"aaaa", "bbbbbbbb\n}", "cccc"}));
}

TEST(piece_merge, what_goes_on_in_a_line_is_not_parted_from_its_beginning) {
  EXPECT_EQ(merged("|aaaa !bbbbbbbb|;\n|cccc\n"), (Strings{"aaaa bbbbbbbb;", "cccc"}));
}

TEST(piece_merge, a_tiny_head_is_put_to_what_follows) {
  EXPECT_EQ(merged("1a:\n!  bbbbbbbb\n"), (Strings{"a:\n  bbbbbbbb"}));
  EXPECT_EQ(merged("1aaaa:\n!  bbbbbbbb\n"), (Strings{"aaaa:", "  bbbbbbbb"}));
}

TEST(piece_merge, parts_of_different_definitions_stay_apart) {
  EXPECT_EQ(merged("1aaaa\n1bbbb\n2cccc\n|dddd\n"), (Strings{"aaaa\nbbbb", "cccc", "dddd"}));
}

TEST(piece_merge, what_is_too_long_is_cut_by_lines_with_its_head_and_what_follows) {
  EXPECT_EQ(merged("|aaaaaaaaaa\naaaaaaaaaa\nbb\n|c\n"),
            (Strings{"aaaaaaaaaa\naaaaaaaaaa", "bb\nc"}));
  EXPECT_EQ(merged("1h:\n1aaaaaaaaaa\naaaaaaaa\nbbbbb\n"),
            (Strings{"h:\naaaaaaaaaa\naaaaaaaa", "bbbbb"}));
  EXPECT_EQ(merged("1head:\n1aaaaaa\n\naaaaaaa\nbbbbb\n"),
            (Strings{"head:\naaaaaa", "aaaaaaa\nbbbbb"}));
}

TEST(piece_merge, a_last_line_that_is_next_to_nothing_stays_with_what_is_before_it) {
  EXPECT_EQ(merged("!bbbbbbbb\n|c\n"), (Strings{"bbbbbbbb\nc"}));
  EXPECT_EQ(merged("!bbbbbbbb\n|cccc\n"), (Strings{"bbbbbbbb", "cccc"}));
}

}  // namespace
}  // namespace quern::apps
