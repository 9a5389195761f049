#include "apps/code/wildcard.h"

#include <chrono>
#include <random>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

bool exact(std::string_view pattern, std::string_view text) {
  return matches_wildcard(pattern, text, PathLetters::kExact);
}

bool any_case(std::string_view pattern, std::string_view text) {
  return matches_wildcard(pattern, text, PathLetters::kIgnoreCase);
}

// The meaning, tried in every way, for patterns of letters, `?`, `*` and `**`.
bool plain(std::string_view pattern, std::string_view text, bool is_name_begin = true) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    const std::size_t end = std::min(pattern.find_first_not_of('*'), pattern.size());
    const std::string_view rest = pattern.substr(end);
    const bool is_deep = end > 1 && is_name_begin && (rest.empty() || rest[0] == '/');
    if (is_deep && rest.empty()) return true;
    if (is_deep && plain(rest.substr(1), text)) return true;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (plain(rest, text.substr(i), false)) return true;
      if (i < text.size() && text[i] == '/' && !is_deep) return false;
    }
    return false;
  }
  if (text.empty() || (pattern[0] == '?' ? text[0] == '/' : pattern[0] != text[0])) return false;
  return plain(pattern.substr(1), text.substr(1), pattern[0] == '/');
}

}  // namespace

TEST(wildcard, stars_and_question_marks_stay_within_a_name) {
  EXPECT_TRUE(exact("*", "a"));
  EXPECT_TRUE(exact("*", ""));
  EXPECT_FALSE(exact("*", "a/b"));
  EXPECT_TRUE(exact("a*c*e", "abcde"));
  EXPECT_FALSE(exact("a*c*e", "abc/e"));
  EXPECT_TRUE(exact("*/b", "a/b"));
  EXPECT_FALSE(exact("*/b", "a/c/b"));
  EXPECT_FALSE(exact("a?b", "a/b"));
  EXPECT_TRUE(exact("?", "\xff"));
}

TEST(wildcard, two_stars_cross_folders_only_as_a_whole_name) {
  EXPECT_TRUE(exact("**", "a/b/c"));
  EXPECT_TRUE(exact("**/c", "c"));
  EXPECT_TRUE(exact("**/c", "a/b/c"));
  EXPECT_TRUE(exact("a/**/c", "a/c"));
  EXPECT_TRUE(exact("a/***/c", "a/b/b/c"));
  EXPECT_FALSE(exact("a/b**/c", "a/b/x/c"));
  EXPECT_FALSE(exact("x**/c", "x/a/c"));
  EXPECT_TRUE(exact("**/a/**/b/**", "x/a/y/a/b/z"));
  EXPECT_TRUE(exact("**\\/c", "a/b/c"));
  EXPECT_FALSE(exact("**\\/c", "c"));
}

TEST(wildcard, brackets_are_sets_ranges_and_classes) {
  EXPECT_TRUE(exact("[abc]", "b"));
  EXPECT_FALSE(exact("[!abc]", "b"));
  EXPECT_FALSE(exact("[^abc]", "b"));
  EXPECT_TRUE(exact("[]a]", "]"));
  EXPECT_TRUE(exact("[!]a]", "b"));
  EXPECT_TRUE(exact("[a-]", "-"));
  EXPECT_TRUE(exact("[-a]", "-"));
  EXPECT_TRUE(exact("[\\]]", "]"));
  EXPECT_TRUE(exact("[\\a-c]", "b"));
  EXPECT_TRUE(exact("[a-\\c]", "b"));
  EXPECT_TRUE(exact("[[:alpha:]_]", "_"));
  EXPECT_TRUE(exact("[[:space:]]", "\t"));
  EXPECT_FALSE(exact("[[:space:]]", "\v"));
  EXPECT_TRUE(exact("[[:punct:]]", "~"));
  EXPECT_TRUE(exact("[[:xdigit:]]", "F"));
  EXPECT_FALSE(exact("[[:word:]]", "w"));
  EXPECT_TRUE(exact("[[a]", "["));
  EXPECT_TRUE(exact("[[:a]", ":"));
  EXPECT_FALSE(exact("[!a]", "/"));
  EXPECT_FALSE(exact("[a-\xff]", ""));
  EXPECT_TRUE(exact("[a-\xff]", "\xe9"));
}

TEST(wildcard, what_is_unfinished_matches_nothing) {
  for (const char* pattern :
       {"a\\", "[", "[a", "[a-", "[a-\\", "[\\", "[[:alpha:", "[[:alpha:]", "*["}) {
    EXPECT_FALSE(exact(pattern, "a")) << pattern;
    EXPECT_FALSE(exact(pattern, pattern)) << pattern;
  }
}

TEST(wildcard, case_is_ignored_as_git_does_it) {
  EXPECT_TRUE(any_case("Ab*", "aBc"));
  EXPECT_TRUE(any_case("[A-C]", "b"));
  EXPECT_TRUE(any_case("[[:upper:]]", "b"));
  EXPECT_TRUE(any_case("[b]", "B"));
  EXPECT_FALSE(any_case("[B]", "b"));  // git's: a text is in lower case by then.
  EXPECT_FALSE(any_case("\\B", "B"));  // The same.
  EXPECT_FALSE(any_case("É", "é"));
}

TEST(wildcard, ten_thousand_random_pairs_match_as_by_trying_everything) {
  std::mt19937 random(7);
  const auto made = [&](std::string_view letters, std::size_t n_max) {
    std::string out(random() % (n_max + 1), ' ');
    for (char& c : out) c = letters[random() % letters.size()];
    return out;
  };
  int n_matches = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string pattern = made("ab/***?", 8);
    const std::string text = made("aab/", 8);
    EXPECT_EQ(exact(pattern, text), plain(pattern, text)) << pattern << " " << text;
    n_matches += plain(pattern, text) ? 1 : 0;
  }
  EXPECT_GT(n_matches, 500);
}

TEST(wildcard, no_pattern_takes_long) {
  std::string pattern, deep;
  for (int i = 0; i < 100; ++i) pattern += "*a", deep += "**/a/*a/";
  std::string text(1000, 'a'), folders;
  for (int i = 0; i < 1000; ++i) folders += "a/";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(exact(pattern + "*b", text));
  EXPECT_FALSE(exact(deep + "b", folders));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));  // Else: years.
}

}  // namespace quern::apps
