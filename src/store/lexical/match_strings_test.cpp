#include "store/lexical/match_strings.h"

#include <gtest/gtest.h>

namespace quern::store {
namespace {

std::string needs(const MatchStrings& strings) { return text_from_query(trigrams_of(strings)); }

}  // namespace

TEST(match_strings, what_is_known_exactly_joins_exactly) {
  const MatchStrings x = sequence_of(exactly({"a", "b"}), exactly({"cd"}));
  EXPECT_TRUE(x.is_exact);
  EXPECT_EQ(x.strings, (StringSet{"acd", "bcd"}));
  EXPECT_EQ(needs(x), R"("acd" or "bcd")");
  EXPECT_EQ(either_of(exactly({"a"}), exactly({"b", "a"})).strings, (StringSet{"a", "b"}));
  EXPECT_EQ(repeat_of(exactly({"ab"}), 3, 3).strings, (StringSet{"ababab"}));
  EXPECT_EQ(repeat_of(exactly({"ab"}), 0, 1).strings, (StringSet{"", "ab"}));
  EXPECT_EQ(repeat_of(exactly({"ab"}), 0, 0).strings, (StringSet{""}));
}

TEST(match_strings, ends_join_across_what_is_not_known) {
  const MatchStrings x = sequence_of(any_string(), exactly({"ab"}));
  EXPECT_FALSE(x.is_exact);
  EXPECT_EQ(needs(x), "anything");
  EXPECT_EQ(x.suffixes, (StringSet{"ab"}));
  const MatchStrings y = sequence_of(exactly({"c", "d"}), any_string());
  EXPECT_EQ(needs(sequence_of(x, y)), R"("abc" or "abd")");
  EXPECT_EQ(needs(sequence_of(x, exactly({"cde"}))), R"("abc" "bcd" "cde")");
  EXPECT_EQ(needs(sequence_of(sequence_of(x, exactly({"c"})), exactly({"d"}))), R"("abc" "bcd")");
}

TEST(match_strings, repeats_keep_their_ends) {
  const MatchStrings x = repeat_of(exactly({"abc"}), 1, kNoLimit);
  EXPECT_EQ(needs(x), R"("abc")");
  EXPECT_EQ(needs(sequence_of(x, exactly({"d"}))), R"("abc" "bcd")");
  EXPECT_EQ(needs(sequence_of(exactly({"z"}), repeat_of(exactly({"ab"}), 2, 5))),
            R"("aba" "bab" "zab")");
  EXPECT_EQ(needs(repeat_of(exactly({"abc"}), 0, kNoLimit)), "anything");
}

TEST(match_strings, sets_that_grow_too_large_become_trigrams_and_ends) {
  StringSet many;
  for (char c = 'a'; c <= 'z'; ++c) many.push_back(std::string("xy") + c);
  const MatchStrings x = exactly(many);
  EXPECT_FALSE(x.is_exact);
  EXPECT_EQ(count_trigrams(x.needs), 26u);
  EXPECT_EQ(x.prefixes, (StringSet{"xy"}));
  EXPECT_EQ(x.suffixes, (StringSet{""}));
  const MatchStrings longer = exactly({std::string(200, 'a') + "bc"});
  EXPECT_EQ(needs(longer), R"("aaa" "aab" "abc")");
  EXPECT_EQ(longer.suffixes, (StringSet{"bc"}));
}

}  // namespace quern::store
