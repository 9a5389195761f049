#include "text/pipeline/regex.h"

#include <string>

#include <gtest/gtest.h>

#include "text/pipeline/oniguruma_syntax.h"

namespace quern::text {
namespace {

/// All matches, with a bar behind each.
std::string matches(std::string_view pattern, std::string_view text) {
  const auto regex = Regex::compile(pattern);
  EXPECT_TRUE(regex.ok()) << regex.status().message();
  if (!regex.ok()) return "";
  RegexScratch scratch(text.size());
  std::string out;
  regex->for_each(text, scratch, [&](const RegexMatch& match) {
    out.append(text.substr(match.begin, match.end - match.begin)).append("|");
  });
  return out;
}

// Each differs between Oniguruma and PCRE2. The results are huggingface/tokenizers'.
TEST(regex, reads_patterns_as_oniguruma_does) {
  EXPECT_EQ(matches("\\h+", "12 fg"), "12|f|");
  EXPECT_EQ(matches("\\p{N}{1,3}+", "12345 6"), "12345|6|");
  EXPECT_EQ(matches("l{2}?", "all"), "|ll|");
  EXPECT_EQ(matches("a{,2}b", "aaab"), "aab|");
  EXPECT_EQ(matches("(?m:a.b)", "a\nb"), "a\nb|");
  EXPECT_EQ(matches("\\w$", "a\nb"), "a|b|");
  EXPECT_EQ(matches("[a-z&&[^aeiou]]+", "abcde"), "bcd|");
  EXPECT_EQ(matches("[^a-z&&[^aeiou]]+", "abc1"), "a|1|");
  EXPECT_EQ(matches("[a[bc]\\d]+", "abc1d"), "abc1|");
  EXPECT_EQ(matches("\\w+", "e\u0301\u00BD!"), "e\u0301\u00BD|");
  EXPECT_EQ(matches("\\s", "\u180E\u00A0"), "\u00A0|");
  EXPECT_EQ(matches("\\u00e9|\\x{6f22}", "\u00E9\u6F22"), "\u00E9|\u6F22|");
  EXPECT_EQ(matches("\\p{Han}+", "\u6F22\u30FC"), "\u6F22|");
  EXPECT_EQ(matches("a{b", "a{b"), "a{b|");
  EXPECT_EQ(matches("\\v", "\x0B\n"), "\x0B|");
  EXPECT_EQ(matches("[[:punct:]]+", "a+!"), "+!|");
  EXPECT_EQ(matches("[[:^alpha:]]+", "a+!"), "+!|");
  EXPECT_EQ(matches("[]a]+", "a]b"), "a]|");
}

TEST(regex, no_empty_match_touches_the_one_before) {
  EXPECT_EQ(matches("x*", "axb"), "|x||");
  EXPECT_EQ(matches("", "\u00E9"), "||");
  EXPECT_EQ(matches("(?=(\\d{3})+(?!\\d))", "1234567"), "||");
}

TEST(regex, what_cannot_be_said_is_unsupported_and_named) {
  for (const char* pattern : {"(?~a)", "(*FAIL)", "\\Ka", "\\xff", "(?s)a", "a(", "[a", "\\",
                              "\\p{Nowhere}", "a**", "(?<=a+)b", "[[:foo:]]", "\\p{L"}) {
    const auto regex = Regex::compile(pattern);
    EXPECT_EQ(regex.status().code(), Code::kUnsupported) << pattern;
    EXPECT_NE(regex.status().message().find(pattern), std::string::npos) << pattern;
  }
  EXPECT_EQ(Regex::compile(std::string(1 << 17, 'a')).status().code(), Code::kUnsupported);
  EXPECT_EQ(Regex::compile(std::string(5000, '(') + std::string(5000, ')')).status().code(),
            Code::kUnsupported);
  EXPECT_EQ(Regex::compile("(?:(?:(?:a{1000}){1000}){1000}){1000}").status().code(),
            Code::kUnsupported);
}

TEST(regex, a_pattern_that_explodes_finds_nothing_in_time) {
  EXPECT_EQ(matches("(a+)+b", std::string(5000, 'a')), "");
  EXPECT_EQ(matches("(?:a|aa)+c|b", std::string(50, 'a') + "b"), "");
}

}  // namespace
}  // namespace quern::text
