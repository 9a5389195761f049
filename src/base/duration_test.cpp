#include "base/duration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(duration, reads_gos_form_and_plain_seconds) {
  EXPECT_EQ(*parse_duration("5m"), 300s);
  EXPECT_EQ(*parse_duration("1h30m"), 5400s);
  EXPECT_EQ(*parse_duration("1h1m1s1ms"), 3661001ms);
  EXPECT_EQ(*parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(*parse_duration("250ms"), 250ms);
  EXPECT_EQ(*parse_duration("7us"), 7us);
  EXPECT_EQ(*parse_duration("7\xc2\xb5s"), 7us);
  EXPECT_EQ(*parse_duration("40ns"), 40ns);
  EXPECT_EQ(*parse_duration("90"), 90s);
  EXPECT_EQ(*parse_duration("0"), 0s);
  EXPECT_EQ(*parse_duration("0.25"), 250ms);
  EXPECT_EQ(*parse_duration("-1"), -1s);
  EXPECT_EQ(*parse_duration("-5m"), -300s);
  EXPECT_EQ(*parse_duration("+3s"), 3s);
}

TEST(duration, refuses_what_is_none_and_quotes_it) {
  for (const char* text : {"", "-", "m", "5 m", "5x", "5m30", "--1", "1e9", "nan", "inf", "5m ",
                           "0x10", "1.2.3s", "five", "5m-1s"}) {
    const auto read = parse_duration(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.status().code(), Code::kBadInput);
    EXPECT_THAT(read.status().message(), HasSubstr("'" + std::string(text) + "'"));
  }
}

TEST(duration, the_longest_are_cut_and_not_overflown) {
  const auto most = *parse_duration("99999999999h");
  EXPECT_GT(most, std::chrono::hours(24 * 365 * 289));
  EXPECT_EQ(*parse_duration("-99999999999h"), -most);
  EXPECT_FALSE(duration_of_seconds(1.0 / 0.0).ok());
}

TEST(duration, is_told_in_the_unit_that_fits) {
  EXPECT_EQ(human_duration(250ms), "250 ms");
  EXPECT_EQ(human_duration(1500ms), "1.5 s");
  EXPECT_EQ(human_duration(12s), "12 s");
  EXPECT_EQ(human_duration(300s), "5 min");
  EXPECT_EQ(human_duration(5400s), "1 h 30 min");
  EXPECT_EQ(human_duration(7200s), "2 h");
  EXPECT_EQ(human_duration(-1s), "-1 s");
}

}  // namespace quern
