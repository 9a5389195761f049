#include "engine/open_requests.h"

#include <thread>

#include <gtest/gtest.h>

namespace quern::engine {

using std::chrono::milliseconds;

TEST(open_requests, drain_waits_for_the_last_one) {
  OpenRequests open;
  ASSERT_TRUE(open.enter());
  EXPECT_FALSE(open.drain(milliseconds(1)));
  EXPECT_FALSE(open.enter());
  std::thread last([&] {
    std::this_thread::sleep_for(milliseconds(5));
    open.leave();
  });
  EXPECT_TRUE(open.drain(milliseconds(60000)));
  last.join();
}

TEST(open_requests, nothing_open_drains_at_once) {
  OpenRequests open;
  EXPECT_TRUE(open.drain(milliseconds(0)));
  EXPECT_FALSE(open.enter());
}

}  // namespace quern::engine
