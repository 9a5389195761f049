#include "engine/keep_alive.h"

#include <gtest/gtest.h>

namespace quern::engine {

using namespace std::chrono_literals;

TEST(keep_alive, is_a_duration_or_for_ever) {
  EXPECT_EQ(*parse_keep_alive("5m"), 300s);
  EXPECT_EQ(*parse_keep_alive("90"), 90s);
  EXPECT_EQ(*parse_keep_alive("0"), 0s);
  EXPECT_EQ(*parse_keep_alive("-1"), kKeepForever);
  EXPECT_EQ(*parse_keep_alive("-5m"), kKeepForever);
  EXPECT_EQ(*keep_alive_of(1.5), 1500ms);
  EXPECT_EQ(*keep_alive_of(-1), kKeepForever);
  EXPECT_FALSE(parse_keep_alive("soon").ok());
}

TEST(keep_alive, the_longest_can_be_added_to_any_time) {
  const auto now = std::chrono::steady_clock::now();
  EXPECT_GT(now + *parse_keep_alive("2540000h"), now);
}

TEST(keep_alive, is_told) {
  EXPECT_EQ(keep_alive_text(300s), "5 min");
  EXPECT_EQ(keep_alive_text(kKeepForever), "forever");
}

}  // namespace quern::engine
