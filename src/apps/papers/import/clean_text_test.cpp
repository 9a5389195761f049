#include "apps/papers/import/clean_text.h"

#include <string>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

TEST(clean_text, one_line_has_single_blanks_and_nothing_unseen) {
  EXPECT_EQ(one_line("  Attention\n  Is\tAll \xc2\xa0You Need "), "Attention Is All You Need");
  EXPECT_EQ(one_line(std::string("a\0b\x1b[1mc\xe2\x80\x8b", 10)), "ab[1mc");
  EXPECT_EQ(one_line("caf\xe9"), "caf");
  EXPECT_EQ(one_line(" \n "), "");
}

TEST(clean_text, paragraphs_stay_apart_and_their_lines_do_not) {
  EXPECT_EQ(in_paragraphs("one\ntwo\r\n\r\n  \nthree"), "one two\n\nthree");
  EXPECT_EQ(in_paragraphs("\n\n one \n\n"), "one");
}

TEST(clean_text, old_bytes_become_characters) {
  EXPECT_EQ(utf8_from_windows_1252("M\xfcller \x96 \x81"), "Müller – \ufffd");
}

TEST(clean_text, utf16_is_known_by_its_mark) {
  using namespace std::string_literals;
  EXPECT_EQ(utf8_from_utf16("\xff\xfe@\0\xfc\0\x3d\xd8\x00\xde\x3d\xd8"s), "@ü😀\ufffd");
  EXPECT_EQ(utf8_from_utf16("\xfe\xff\0@"s), "@");
  EXPECT_EQ(utf8_from_utf16("plain"), std::nullopt);
}

TEST(clean_text, a_year_has_four_digits_and_stands_alone) {
  EXPECT_EQ(year_in("(2017)"), 2017);
  EXPECT_EQ(year_in("12345, 0999, 1999a"), 1999);
  EXPECT_EQ(year_in("20170612"), 0);
}

TEST(clean_text, a_day_is_whole_or_none) {
  EXPECT_EQ(day_in("2017-06-12T17:57:34Z"), "2017-06-12");
  EXPECT_EQ(day_in("2017/6/2"), "2017-06-02");
  EXPECT_EQ(day_in("2017-06"), "");
  EXPECT_EQ(day_in("2017-13-01"), "");
  EXPECT_EQ(day_in("2017-06-123"), "");
}

}  // namespace
}  // namespace quern::apps
