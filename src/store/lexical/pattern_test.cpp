#include "store/lexical/pattern.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::store {
namespace {

using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Found {
  Matched matched = Matched::kNo;
  std::vector<PatternMatch> matches;
};

Found find(const PatternSpec& spec, std::string_view text, std::size_t n_most = 100,
           std::chrono::milliseconds limit = std::chrono::seconds(60)) {
  const auto pattern = Pattern::compile(spec);
  EXPECT_TRUE(pattern.ok()) << pattern.status().message();
  PatternMatcher matcher(*pattern, steady_clock::now() + limit);
  Found found;
  found.matched = matcher.find(text, n_most, found.matches);
  return found;
}

std::string problem(std::string text) {
  return Pattern::compile({.text = std::move(text)}).status().message();
}

}  // namespace

TEST(pattern, matches_are_given_by_their_bytes) {
  EXPECT_THAT(find({.text = "b+"}, "abbcb").matches,
              ElementsAre(PatternMatch{1, 3}, PatternMatch{4, 5}));
  EXPECT_THAT(find({.text = "é."}, "xéyé").matches, ElementsAre(PatternMatch{1, 4}));
  EXPECT_THAT(find({.text = "^b$"}, "a\nb\r\nbb\nb").matches,
              ElementsAre(PatternMatch{2, 3}, PatternMatch{8, 9}));
  EXPECT_THAT(find({.text = "b"}, "bbbb", 2).matches.size(), 2u);
  EXPECT_EQ(find({.text = "c"}, "ab").matched, Matched::kNo);
  EXPECT_EQ(find({.text = "c"}, "").matched, Matched::kNo);
}

TEST(pattern, of_a_substring_every_sign_stands_for_itself) {
  EXPECT_THAT(find({.text = "a.b(", .kind = PatternKind::kSubstring}, "axb( a.b(").matches,
              ElementsAre(PatternMatch{5, 9}));
  EXPECT_THAT(find({.text = "ÄK", .kind = PatternKind::kSubstring, .letters = LetterCase::kIgnored},
                   "äk\u212A")
                  .matches,
              ElementsAre(PatternMatch{0, 3}));
  EXPECT_EQ(find({.text = "Ab", .kind = PatternKind::kSubstring}, "ab").matched, Matched::kNo);
}

TEST(pattern, empty_matches_are_given_only_where_there_is_no_other) {
  EXPECT_THAT(find({.text = "b*"}, "abba").matches, ElementsAre(PatternMatch{1, 3}));
  EXPECT_THAT(find({.text = "x*"}, "abba").matches, ElementsAre(PatternMatch{0, 0}));
  EXPECT_EQ(find({.text = "$"}, "").matched, Matched::kYes);
}

TEST(pattern, bytes_that_are_no_text_match_nothing_and_part_what_is_beside) {
  EXPECT_THAT(find({.text = "a.?b"},
                   "a\xff"
                   "b ab a\xc3 acb")
                  .matches,
              ElementsAre(PatternMatch{4, 6}, PatternMatch{10, 13}));
}

TEST(pattern, what_is_wrong_is_said_with_its_place) {
  EXPECT_EQ(problem("ab(c"), "bad pattern: missing closing parenthesis at byte 4 of 4");
  EXPECT_THAT(problem("a**"), HasSubstr("bad pattern: "));
  EXPECT_THAT(problem("[z-a]"), HasSubstr("at byte 3 of 5"));
  EXPECT_THAT(problem("\xff"), HasSubstr("bad pattern: UTF-8 error"));
  EXPECT_EQ(problem(""), "an empty pattern");
  EXPECT_THAT(problem(std::string(kMaxPatternBytes + 1, 'a')), HasSubstr("65537 bytes"));
  EXPECT_FALSE(problem(std::string(5000, '(') + std::string(5000, ')')).empty());
  EXPECT_FALSE(problem("(?:a{1000}){1000}{1000}").empty());
  EXPECT_FALSE(problem("\\C").empty());
}

TEST(pattern, one_that_takes_too_many_steps_is_left) {
  const std::string text = std::string(40, 'a') + "-c";
  EXPECT_EQ(find({.text = "(?:a|aa)+(?:a|aa)+(?:a|aa)+(?=b)c"}, text).matched, Matched::kTooHard);
  // What was found before stays.
  EXPECT_THAT(find({.text = "xy|(?:a|aa)+(?:a|aa)+(?:a|aa)+(?=b)c"}, "xy" + text).matches,
              ElementsAre(PatternMatch{0, 2}));
}

TEST(pattern, time_ends_a_search_of_a_long_text) {
  const std::string text(4 << 20, 'a');
  const auto start = steady_clock::now();
  // From each place one repeat runs over all that follows: quadratic, and not one step of PCRE2's.
  const Found found = find({.text = "[^b]*+(?:c|d)"}, text, 1, std::chrono::milliseconds(50));
  EXPECT_EQ(found.matched, Matched::kOutOfTime);
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(20));
}

}  // namespace quern::store
