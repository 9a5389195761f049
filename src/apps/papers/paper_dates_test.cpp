#include "apps/papers/paper_dates.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

using DaysOf = Result<DayRange> (*)(std::string_view);

// "2019-06-01..2019-06-30", or the error's kind.
std::string said(DaysOf days_of, std::string_view text) {
  const auto range = days_of(text);
  if (!range.ok()) return code_name(range.status().code());
  return date_from_days(range->first) + ".." + date_from_days(range->last);
}

}  // namespace

TEST(paper_dates, days_are_counted_from_1970_by_the_calendar) {
  EXPECT_EQ(days_from_civil(1970, 1, 1), 0);
  EXPECT_EQ(days_from_civil(1969, 12, 31), -1);
  EXPECT_EQ(days_from_civil(2000, 3, 1), 11017);  // Behind a leap day of a century.
  EXPECT_EQ(days_from_civil(1900, 2, 29), std::nullopt);
  EXPECT_EQ(days_from_civil(2023, 13, 1), std::nullopt);
  EXPECT_EQ(days_from_civil(0, 1, 1), std::nullopt);
  EXPECT_EQ(days_from_civil(2024, 2, 300), std::nullopt);
  EXPECT_EQ(days_from_civil(2024, 257, 1), std::nullopt);  // 257 is 1 in a byte.
}

TEST(paper_dates, every_day_reads_back_as_it_is_written) {
  for (std::int64_t day = -719'162; day <= 2'932'896; day += 97) {
    const auto range = days_of_date(date_from_days(day));
    ASSERT_TRUE(range.ok()) << day;
    EXPECT_EQ(range->first, day);
    EXPECT_EQ(range->last, day);
  }
  EXPECT_EQ(date_from_days(-719'163), "");
  EXPECT_EQ(date_from_days(2'932'897), "");
  EXPECT_EQ(date_from_days(std::int64_t{1} << 40), "");
}

TEST(paper_dates, a_short_date_stands_for_all_its_days) {
  EXPECT_EQ(said(days_of_date, "2019"), "2019-01-01..2019-12-31");
  EXPECT_EQ(said(days_of_date, "2024-02"), "2024-02-01..2024-02-29");
  EXPECT_EQ(said(days_of_date, "2019-06-30"), "2019-06-30..2019-06-30");
  for (const char* wrong : {"", "19", "2019-", "2019-6", "2019-06-31", "2019-06-30-", "2019x",
                            "-019", "+019", "2019-00", "20190630", " 2019", "2019-06-3 "}) {
    EXPECT_EQ(said(days_of_date, wrong), "bad_input") << wrong;
  }
}

TEST(paper_dates, ranges_include_both_ends_and_may_lack_one) {
  EXPECT_EQ(said(days_of_date_range, "2020-06"), "2020-06-01..2020-06-30");
  EXPECT_EQ(said(days_of_date_range, "2019:2020-03"), "2019-01-01..2020-03-31");
  EXPECT_EQ(said(days_of_date_range, ":2015-01"), "0001-01-01..2015-01-31");
  EXPECT_EQ(said(days_of_date_range, "2020:"), "2020-01-01..9999-12-31");
  for (const char* wrong : {":", "2020:2019", "2019:2020:2021", "2019-", "a:b"}) {
    EXPECT_EQ(said(days_of_date_range, wrong), "bad_input") << wrong;
  }
}

TEST(paper_dates, years_have_four_forms) {
  EXPECT_EQ(said(days_of_years, "2019"), "2019-01-01..2019-12-31");
  EXPECT_EQ(said(days_of_years, "2016-2020"), "2016-01-01..2020-12-31");
  EXPECT_EQ(said(days_of_years, "2010-"), "2010-01-01..9999-12-31");
  EXPECT_EQ(said(days_of_years, "-2015"), "0001-01-01..2015-12-31");
  for (const char* wrong : {"", "-", "2019-06", "2020-2019", "2019:2020", "19", "2016-2020-"}) {
    EXPECT_EQ(said(days_of_years, wrong), "bad_input") << wrong;
  }
}

TEST(paper_dates, two_ranges_have_days_in_common_or_none) {
  const DayRange both = common_days({.first = 1, .last = 5}, {.first = 3, .last = 9});
  EXPECT_EQ(both.first, 3);
  EXPECT_EQ(both.last, 5);
  const DayRange none = common_days({.first = 1, .last = 2}, {.first = 3, .last = 9});
  EXPECT_GT(none.first, none.last);
}

}  // namespace quern::apps
