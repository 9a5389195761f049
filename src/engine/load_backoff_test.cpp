#include "engine/load_backoff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::engine {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class load_backoff : public testing::Test {
 protected:
  LoadBackoff::Clock::time_point now_{};
  LoadBackoff backoff_{[this] { return now_; }};
  const ModelPlace place_{.key = "a#1", .where = "a", .path = {}, .name = {}};
  const Status broken_{Code::kBadInput, "no tensor"};
};

}  // namespace

TEST_F(load_backoff, what_failed_is_left_alone_twice_as_long_each_time) {
  auto pause = 500ms;
  for (int i = 1; i <= 12; ++i) {
    EXPECT_TRUE(backoff_.check(place_).ok());
    backoff_.enter(place_, broken_);
    now_ += pause - 1ms;
    const Status refused = backoff_.check(place_);
    EXPECT_EQ(refused.code(), Code::kBadInput);
    EXPECT_THAT(refused.message(), HasSubstr("no tensor (it failed"));
    EXPECT_THAT(refused.message(), HasSubstr("read again in 1 ms"));
    EXPECT_EQ(backoff_.find("a")->n_attempts, i);
    now_ += 1ms;
    pause = std::min<std::chrono::milliseconds>(pause * 2, 60s);
  }
  EXPECT_EQ(backoff_.find("a")->retry_seconds, 0);
}

TEST_F(load_backoff, replaced_files_and_a_success_begin_anew) {
  backoff_.enter(place_, broken_);
  backoff_.enter(place_, broken_);
  const ModelPlace replaced{.key = "a#2", .where = "a", .path = {}, .name = {}};
  EXPECT_TRUE(backoff_.check(replaced).ok());
  backoff_.enter(replaced, broken_);
  EXPECT_EQ(backoff_.find("a")->n_attempts, 1);
  backoff_.enter(replaced, {});
  EXPECT_FALSE(backoff_.find("a"));
}

TEST_F(load_backoff, want_of_memory_is_no_fault_of_the_files) {
  backoff_.enter(place_, {Code::kExhausted, "too little"});
  backoff_.enter(place_, {Code::kCancelled, "cancelled"});
  EXPECT_TRUE(backoff_.check(place_).ok());
}

}  // namespace quern::engine
