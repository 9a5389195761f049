#include "store/lexical/pattern_trigrams.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "store/lexical/pattern.h"
#include "text/analysis/case_fold.h"

namespace quern::store {
namespace {

std::string needs(std::string_view pattern) { return text_from_query(trigrams_of_regex(pattern)); }

std::vector<Trigram> trigrams_in(std::string_view text) {
  std::string folded;
  text::append_folded(text, folded);
  std::vector<Trigram> out;
  for (std::size_t i = 0; i + 3 <= folded.size(); ++i) {
    Trigram trigram = 0;
    for (std::size_t k = 0; k < 3; ++k) trigram = next_trigram(trigram, folded[i + k]);
    out.push_back(trigram);
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// Patterns of all that PCRE2 knows, and texts that many of them match.
class PatternMaker {
 public:
  explicit PatternMaker(unsigned seed) : random_(seed) {}

  std::string pattern() { return alternatives(3); }

  std::string text() {
    std::string out;
    for (std::size_t n = below(24); n > 0; --n) out += one_of(kTexts);
    return out;
  }

  std::size_t below(std::size_t n) { return random_() % n; }

 private:
  static inline const std::vector<const char*> kTexts = {
      "a", "b", "A", "c",  "ab", "abc", "k",    "\u212A", "s", "\u017F", "é", "É", "-",
      "]", "[", " ", "\n", "1",  "2",   "\xff", "^",      "{", "}",      "x", "Q", "E"};
  static inline const std::vector<const char*> kAtoms = {
      "a",          "b",           "A",
      "abc",        "c",           "k",
      "s",          "é",           "\u212A",
      ".",          "\\d",         "\\w",
      "\\s",        "\\.",         "\\n",
      "[ab]",       "[^a]",        "[a-c]",
      "[a-z]",      "[]a]",        "[^]a]",
      "[a\\]b]",    "[\\d-a]",     "[a-]",
      "[-a]",       "[[:alpha:]]", "[[:^digit:]b]",
      "[[:a]",      "[a[:b]",      "[\\x61-\\x63]",
      "[\\x{e9}b]", "[\\b\\n]",    "[a-c-e]",
      "[^\\W]",     "[\\c]a]",     "\\x61",
      "\\x{62}",    "\\x",         "\\101",
      "\\Qa.\\E",   "\\Qab\\E",    "\\Q]\\E",
      "\\Q\\E",     "\\Q\\E+",     "\\E",
      "(?#c)",      "(?i)",        "(?-i)",
      "(?s)",       "(?m)",        "(?i:k)",
      "(?^:a)",     "\\b",         "\\B",
      "^",          "$",           "\\A",
      "\\z",        "\\Z",         "\\G",
      "\\K",        "\\R",         "\\X",
      "\\N",        "\\p{L}",      "\\P{Lu}",
      "\\pL",       "\\h",         "\\v",
      "\\1",        "\\g{1}",      "\\g1",
      "\\g{-1}",    "(?1)",        "(?R)?",
      "(?=a)",      "(?!b)",       "(?<=a)",
      "(?<!b)",     "{",           "{a",
      "{,2}",       "a{,2}",       "}",
      "]",          "-",           " ",
      "\\{",        "\\ ",         "\\e",
      "\\t",        "\\cA",        "(*COMMIT)",
      "(?x) a b",   "(?(1)a|b)",   "(?<n>a)",
      "\\k<n>",     "(?P<m>b)",    "(?P=m)",
      "(?P>m)",     "(?&n)",       "(?'o'c)",
      "[[:<:]]",    "[[:>:]]",     "\\o{141}",
      "\\N{U+61}",  "\\8",         "\\01",
      "\\018"};
  static inline const std::vector<const char*> kRepeats = {
      "",   "",    "",      "",      "*",   "+",    "?",   "*?",
      "++", "{2}", "{1,2}", "{0,1}", "{0}", "{2,}", "{5}", "{3,4}?"};

  std::string one_of(const std::vector<const char*>& list) { return list[below(list.size())]; }

  std::string alternatives(int depth) {
    std::string out = sequence(depth);
    while (below(4) == 0) out += "|" + sequence(depth);
    return out;
  }

  std::string sequence(int depth) {
    std::string out;
    for (std::size_t n = below(6); n > 0; --n) {
      // Mostly letters, or nothing would match.
      if (depth > 0 && below(5) == 0) {
        static const std::vector<const char*> kOpen = {"(",   "(?:",  "(?>",    "(?|",
                                                       "(?=", "(?i:", "(?<!x)("};
        out += one_of(kOpen) + alternatives(depth - 1) + ")";
      } else if (below(3) == 0) {
        out += one_of(kAtoms);
      } else {
        out += one_of(kTexts);
      }
      out += one_of(kRepeats);
    }
    return out;
  }

  std::mt19937 random_;
};

}  // namespace

TEST(pattern_trigrams, what_must_be_there_is_asked_for) {
  EXPECT_EQ(needs("parse_Header"), needs("PARSE_HEADER"));
  EXPECT_EQ(needs("abcd"), R"("abc" "bcd")");
  EXPECT_EQ(needs("abc.*def"), R"("abc" "def")");
  EXPECT_EQ(needs("abc|def"), R"("abc" or "def")");
  EXPECT_EQ(needs("a(b|c)d"), R"("abd" or "acd")");
  EXPECT_EQ(needs("ab[cd]e"), R"(("abc" "bce") or ("abd" "bde"))");
  EXPECT_EQ(needs("(foo|bar)\\s+baz"), R"("baz" ("bar" or "foo"))");
  EXPECT_EQ(needs("abc?d"), R"("abd" or ("abc" "bcd"))");
  EXPECT_EQ(needs("(abc)+d"), R"("abc" "bcd")");
  EXPECT_EQ(needs("(?i)STRASSE"), R"("ass" "ras" "sse" "str" "tra")");
  EXPECT_EQ(needs("\\bfoo\\b(?=x)"), R"("foo")");
}

TEST(pattern_trigrams, what_is_not_understood_or_may_be_missing_asks_for_nothing) {
  for (const char* pattern :
       {"ab", "a.b", "(abc)?", "(abc)*", "[a-z]+", "abc|x", "(?x)a b c", "(*COMMIT)abc",
        "(?(1)abc|abd)", "abc{2}\\Q\\E+", "\\w+@\\w+", "", "(?!abc)", "abc{0}", "(abc){0,3}"}) {
    EXPECT_EQ(needs(pattern), "anything") << pattern;
  }
}

TEST(pattern_trigrams, quotes_comments_and_odd_classes_are_read_as_pcre2_reads_them) {
  EXPECT_EQ(needs("\\Qa.b*\\E"), R"(".b*" "a.b")");
  EXPECT_EQ(needs("\\Qabcd\\E*"), R"("abc")");
  EXPECT_EQ(needs("ab(?#x)c"), R"("abc")");
  EXPECT_EQ(needs("abc(?#x)?d"), R"("abd" or ("abc" "bcd"))");
  EXPECT_EQ(needs("ab[]]"), R"("ab]")");
  EXPECT_EQ(needs("ab[\\]]"), R"("ab]")");
  EXPECT_EQ(needs("ab[[:digit:]]cde"), R"("cde")");
  EXPECT_EQ(needs("ab{x"), R"("ab{" "b{x")");
  EXPECT_EQ(needs("abc{2}"), R"("abc" "bcc")");
  EXPECT_EQ(needs("\\x{e9}a"), needs("éa"));
}

TEST(pattern_trigrams, a_text_that_matches_has_what_its_pattern_asks_for) {
  int n_matches = 0;
  int n_telling = 0;
  for (unsigned seed = 0; seed < 20000; ++seed) {
    PatternMaker maker(seed);
    const std::string text = maker.pattern();
    const auto letters = maker.below(2) == 0 ? LetterCase::kExact : LetterCase::kIgnored;
    const auto pattern = Pattern::compile({.text = text, .letters = letters});
    if (!pattern.ok()) continue;
    PatternMatcher matcher(*pattern, std::chrono::steady_clock::now() + std::chrono::seconds(60));
    n_telling += pattern->needs().op == TrigramOp::kAll ? 0 : 1;
    for (int i = 0; i < 8; ++i) {
      const std::string document = maker.text();
      std::vector<PatternMatch> matches;
      if (matcher.find(document, 1, matches) != Matched::kYes) continue;
      n_matches += pattern->needs().op == TrigramOp::kAll ? 0 : 1;
      EXPECT_TRUE(fits(pattern->needs(), trigrams_in(document)))
          << text << " in " << document << " asks for " << text_from_query(pattern->needs());
    }
  }
  EXPECT_GT(n_telling, 1000);
  EXPECT_GT(n_matches, 100);
}

TEST(pattern_trigrams, substrings_without_case_have_what_they_ask_for) {
  PatternMaker maker(3);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = maker.text();
    const auto pattern = Pattern::compile({.text = text.substr(0, 8),
                                           .kind = PatternKind::kSubstring,
                                           .letters = LetterCase::kIgnored});
    if (!pattern.ok()) continue;
    PatternMatcher matcher(*pattern, std::chrono::steady_clock::now() + std::chrono::seconds(60));
    for (int k = 0; k < 8; ++k) {
      const std::string document = maker.text() + text;
      std::vector<PatternMatch> matches;
      if (matcher.find(document, 1, matches) != Matched::kYes) continue;
      EXPECT_TRUE(fits(pattern->needs(), trigrams_in(document))) << text;
    }
  }
}

TEST(pattern_trigrams, hostile_patterns_are_read_in_no_time) {
  std::string nested;
  for (int i = 0; i < 90; ++i) nested += "(?:ab";
  for (int i = 0; i < 90; ++i) nested += ")+?";
  std::string words;
  for (int i = 0; i < 6000; ++i) words += "w" + std::to_string(i * 7919) + "|";
  std::string dots;
  for (int i = 0; i < 6000; ++i) dots += "w" + std::to_string(i * 7919) + ".";
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& pattern :
       {nested, words, dots, std::string(60000, 'a'), std::string(30000, '(')}) {
    EXPECT_LE(count_trigrams(trigrams_of_regex(pattern)), kMaxQueryTrigrams + 8);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace quern::store
