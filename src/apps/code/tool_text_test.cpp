#include "apps/code/tool_text.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace quern::apps {
namespace {

TEST(tool_text, lines_are_numbered_and_long_ones_cut_between_characters) {
  EXPECT_EQ(numbered_line(12, "abc\r"), "   12 abc\n");
  EXPECT_EQ(numbered_line(1, ""), "    1 \n");
  for (std::size_t n = kMaxShownBytes - 3; n < kMaxShownBytes + 3; ++n) {
    const std::string line = numbered_line(1, std::string(n, 'x') + "é" + std::string(500, 'y'));
    EXPECT_TRUE(is_valid_utf8(line));
    EXPECT_EQ(line.find("\xEF\xBF\xBD"), std::string::npos) << "no half character at " << n;
    EXPECT_NE(line.find("more bytes]"), std::string::npos);
  }
  EXPECT_TRUE(is_valid_utf8(numbered_line(1, "a\xff\xfe")));
}

TEST(tool_text, names_stay_in_their_line) { EXPECT_EQ(in_a_line("a\nb\x1b[0m"), "a?b?[0m"); }

TEST(tool_text, a_budget_is_kept) {
  ToolText text(10);  // 30 bytes.
  EXPECT_TRUE(text.add(std::string(20, 'a')));
  EXPECT_FALSE(text.add(std::string(11, 'b')));
  EXPECT_TRUE(text.add(std::string(10, 'c')));
  EXPECT_EQ(text.take(), std::string(20, 'a') + std::string(10, 'c'));
  EXPECT_EQ(estimated_tokens(30), 10u);
}

TEST(tool_text, cursors_lead_back_and_only_for_their_question) {
  const std::string cursor = make_cursor(7, 30, "a question");
  const auto read = read_cursor(cursor, "a question");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->state, 7u);
  EXPECT_EQ(read->offset, 30u);
  EXPECT_FALSE(read_cursor(cursor, "another").ok());
  for (const std::string& bad :
       {std::string(), std::string("7"), std::string("7.30."), "8" + cursor.substr(1), cursor + "0",
        "+" + cursor, std::string(100'000, '9'), std::string("....")}) {
    EXPECT_FALSE(read_cursor(bad, "a question").ok()) << bad.substr(0, 40);
  }
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string other = cursor;
    other[i] = other[i] == '1' ? '2' : '1';
    EXPECT_FALSE(read_cursor(other, "a question").ok()) << other;
  }
}

}  // namespace
}  // namespace quern::apps
