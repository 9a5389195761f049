#include "serve/queue_limit.h"

#include <gtest/gtest.h>

namespace quern::serve {
namespace {

using namespace std::chrono_literals;

class queue_limit : public testing::Test {
 protected:
  QueueLimit::Clock::time_point now_{};
  QueueLimit limit_{3, 100, [this] { return now_; }};
};

}  // namespace

TEST_F(queue_limit, counts_requests) {
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limit_.enter(1));
  const auto full = limit_.enter(1);
  ASSERT_TRUE(full);
  EXPECT_EQ(full->message, "3 requests are waiting already, the limit of this server");
  EXPECT_EQ(full->retry_after_s, 1);
  limit_.leave(1);
  EXPECT_FALSE(limit_.enter(1));
}

TEST_F(queue_limit, counts_inputs_of_single_and_batch_requests_alike) {
  EXPECT_FALSE(limit_.enter(99));
  EXPECT_FALSE(limit_.enter(1));
  const auto full = limit_.enter(1);
  ASSERT_TRUE(full);
  EXPECT_EQ(full->message,
            "100 inputs are waiting already, and 1 more would be over the limit of this server, "
            "100");
  limit_.leave(99);
  EXPECT_TRUE(limit_.enter(100));
  EXPECT_FALSE(limit_.enter(99));
}

TEST_F(queue_limit, one_larger_than_the_limit_has_its_turn_alone) {
  EXPECT_FALSE(limit_.enter(1));
  EXPECT_TRUE(limit_.enter(1000));
  limit_.leave(1);
  EXPECT_FALSE(limit_.enter(1000));
  EXPECT_TRUE(limit_.enter(1));
  limit_.leave(1000);
  EXPECT_FALSE(limit_.enter(1));
}

TEST_F(queue_limit, says_when_to_come_back_by_how_fast_inputs_leave) {
  EXPECT_FALSE(limit_.enter(50));
  EXPECT_FALSE(limit_.enter(40));
  now_ += 5s;
  limit_.leave(50);  // Ten a second.
  EXPECT_EQ(limit_.enter(61)->retry_after_s, 1);
  EXPECT_EQ(limit_.enter(90)->retry_after_s, 3);
  EXPECT_EQ(limit_.enter(10'000)->retry_after_s, 60);
}

TEST_F(queue_limit, time_with_nothing_to_do_is_not_counted) {
  EXPECT_FALSE(limit_.enter(20));
  now_ += 1s;
  limit_.leave(20);
  now_ += 1h;
  EXPECT_FALSE(limit_.enter(40));
  EXPECT_FALSE(limit_.enter(40));
  now_ += 2s;
  limit_.leave(40);
  EXPECT_EQ(limit_.enter(100)->retry_after_s, 2);
}

}  // namespace quern::serve
