#include "engine/gather.h"

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

using namespace std::chrono_literals;
using Clock = RecentPass::Clock;

const Servable* model(int i) { return reinterpret_cast<const Servable*>(8L * i); }

}  // namespace

TEST(gather_until, an_idle_server_never_waits) {
  const RecentPass alone{.end = Clock::now(), .took = 20ms, .n_requests = 1};
  EXPECT_EQ(gather_until(nullptr, 1, 64), Clock::time_point::min());
  EXPECT_EQ(gather_until(&alone, 1, 64), Clock::time_point::min());
}

TEST(gather_until, waits_for_a_part_of_the_pass_before_and_no_longer) {
  const RecentPass pass{.end = Clock::now(), .took = 8ms, .n_requests = 3};
  EXPECT_EQ(gather_until(&pass, 1, 2), pass.end + 2ms);
  EXPECT_EQ(gather_until(&pass, 2, 2), Clock::time_point::min());
  const RecentPass slow{.end = pass.end, .took = 1s, .n_requests = 3};
  EXPECT_EQ(gather_until(&slow, 1, 2), pass.end + 5ms);
}

TEST(recent_passes, remembers_the_last_of_each_lane_for_a_while) {
  RecentPasses passes;
  const Clock::time_point now = Clock::now();
  using enum WorkClass;
  passes.enter({model(1), kInteractive, now, 1ms, 1});
  passes.enter({model(1), kBulk, now, 1ms, 2});
  passes.enter({model(1), kInteractive, now + 1ms, 1ms, 3});
  EXPECT_EQ(passes.find(model(1), kInteractive)->n_requests, 3);
  EXPECT_EQ(passes.find(model(1), kBulk)->n_requests, 2);
  EXPECT_EQ(passes.find(model(2), kBulk), nullptr);
  passes.enter({model(2), kBulk, now + 2s, 1ms, 1});
  EXPECT_EQ(passes.find(model(1), kBulk), nullptr);
}

}  // namespace quern::engine
