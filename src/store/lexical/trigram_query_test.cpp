#include "store/lexical/trigram_query.h"

#include <gtest/gtest.h>

namespace quern::store {
namespace {

TrigramQuery of(std::string_view text) { return trigrams_of(text); }

std::vector<Trigram> trigrams_in(std::string_view text) { return of(text).trigrams; }

}  // namespace

TEST(trigram_query, a_text_needs_all_of_its_trigrams) {
  EXPECT_EQ(text_from_query(of("abcdabcd")), R"("abc" "bcd" "cda" "dab")");
  EXPECT_EQ(text_from_query(of("ab")), "anything");
  EXPECT_EQ(text_from_query(of("a\n\"")), R"("a\x0a\x22")");
  EXPECT_TRUE(fits(of("bcd"), trigrams_in("abcde")));
  EXPECT_FALSE(fits(of("abd"), trigrams_in("abcde")));
}

TEST(trigram_query, what_says_nothing_changes_nothing) {
  const TrigramQuery all;
  const TrigramQuery none{.op = TrigramOp::kNone};
  EXPECT_EQ(both(all, of("abc")), of("abc"));
  EXPECT_EQ(both(of("abc"), all), of("abc"));
  EXPECT_EQ(both(none, of("abc")), none);
  EXPECT_EQ(either(all, of("abc")), all);
  EXPECT_EQ(either(of("abc"), none), of("abc"));
  EXPECT_EQ(text_from_query(none), "nothing");
}

TEST(trigram_query, formulas_stay_flat) {
  EXPECT_EQ(both(of("abc"), of("abcd")), of("abcd"));
  EXPECT_EQ(both(of("xyzuvwabcdef"), of("abcdef")), of("xyzuvwabcdef"));
  EXPECT_EQ(text_from_query(either(either(of("abc"), of("abd")), of("abc"))), R"("abc" or "abd")");
  EXPECT_EQ(either(of("abcd"), of("abcd")), of("abcd"));
  const TrigramQuery query = both(of("xyz"), either(of("abcd"), of("uvw")));
  EXPECT_EQ(text_from_query(query), R"("xyz" ("uvw" or ("abc" "bcd")))");
  EXPECT_EQ(count_trigrams(query), 4u);
  EXPECT_TRUE(fits(query, trigrams_in("uvwxyz")));
  EXPECT_TRUE(fits(query, trigrams_in("xyzabcd")));
  EXPECT_FALSE(fits(query, trigrams_in("xyzabc")));
}

TEST(trigram_query, beyond_a_limit_less_is_asked_for) {
  TrigramQuery query;
  for (int i = 0; i < 10000; ++i) {
    const std::string word = std::to_string(i * 7919) + static_cast<char>('a' + i % 26);
    query = both(std::move(query), of(word));
  }
  EXPECT_LE(count_trigrams(query), kMaxQueryTrigrams);
  EXPECT_GT(count_trigrams(query), kMaxQueryTrigrams / 8);
  TrigramQuery any{.op = TrigramOp::kNone};
  for (char a = 'a'; a <= 'z'; ++a) {
    for (char b = 'a'; b <= 'z'; ++b) {
      for (char c = 'a'; c <= 'i'; ++c) any = either(std::move(any), of(std::string{a, b, c}));
    }
  }
  EXPECT_EQ(any.op, TrigramOp::kAll);  // 6,084 of them: what asks for any of so many asks for none.
}

}  // namespace quern::store
