#include "apps/papers/import/heading_numbers.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

// Those of some numbers that follow from the ones before, which are taken.
std::vector<std::string> taken_of(const std::vector<std::string>& all) {
  HeadingNumbers numbers;
  std::vector<std::string> out;
  for (const std::string& number : all) {
    if (!numbers.may_follow(number)) continue;
    numbers.take(number);
    out.push_back(number);
  }
  return out;
}

using Numbers = std::vector<std::string>;

TEST(heading_numbers, count_on_at_every_level) {
  const Numbers all = {"1", "1.1", "1.2", "1.2.1", "2", "3", "3.1", "A", "A.1", "B"};
  EXPECT_EQ(taken_of(all), all);
  const Numbers roman = {"I", "II", "A", "B", "III", "IV", "A", "V", "VI"};
  EXPECT_EQ(taken_of(roman), roman);
}

TEST(heading_numbers, items_of_lists_do_not_follow) {
  EXPECT_EQ(taken_of({"1", "2", "1", "2", "2.1", "1", "3"}), (Numbers{"1", "2", "2.1", "3"}));
  EXPECT_EQ(taken_of({"7", "1", "1.2", "5", "2"}), (Numbers{"1", "1.2", "2"}));
}

TEST(heading_numbers, one_may_have_been_missed_but_not_more) {
  EXPECT_EQ(taken_of({"1", "3", "6", "4"}), (Numbers{"1", "3", "4"}));
}

TEST(heading_numbers, what_is_no_number_follows_nothing) {
  HeadingNumbers numbers;
  for (const char* no : {"", ".", "x", "1.x", "0", "99999999999999999999"}) {
    EXPECT_FALSE(numbers.may_follow(no)) << no;
  }
}

}  // namespace
}  // namespace quern::apps
