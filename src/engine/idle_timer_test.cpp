#include "engine/idle_timer.h"

#include <atomic>

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

using namespace std::chrono_literals;
using Clock = IdleTimer::Clock;

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 2000 && !holds(); ++i) std::this_thread::sleep_for(5ms);
  return holds();
}

}  // namespace

TEST(idle_timer, looks_when_it_is_time_and_not_before) {
  std::atomic<int> n_looks{0};
  std::atomic<Clock::rep> at{0};
  IdleTimer timer([&] {
    at = Clock::now().time_since_epoch().count();
    ++n_looks;
    return Clock::time_point::max();
  });
  const Clock::time_point when = Clock::now() + 30ms;
  timer.look_by(when);
  timer.look_by(when + 1h);  // Later than what is foreseen: nothing.
  EXPECT_TRUE(eventually([&] { return n_looks == 1; }));
  EXPECT_GE(at.load(), when.time_since_epoch().count());
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(n_looks, 1);
}

TEST(idle_timer, an_earlier_time_comes_first) {
  std::atomic<int> n_looks{0};
  IdleTimer timer([&] {
    ++n_looks;
    return Clock::time_point::max();
  });
  timer.look_by(Clock::now() + 1h);
  timer.look_by(Clock::now());
  EXPECT_TRUE(eventually([&] { return n_looks == 1; }));
}

TEST(idle_timer, looks_again_when_the_look_says_so) {
  std::atomic<int> n_looks{0};
  IdleTimer timer([&] { return ++n_looks < 3 ? Clock::now() + 1ms : Clock::time_point::max(); });
  timer.look_by(Clock::now());
  EXPECT_TRUE(eventually([&] { return n_looks == 3; }));
}

TEST(idle_timer, ends_at_once_whatever_it_waits_for) {
  const Clock::time_point start = Clock::now();
  {
    IdleTimer unused([] { return Clock::time_point::max(); });
    IdleTimer timer([] { return Clock::time_point::max(); });
    timer.look_by(Clock::now() + 1h);
  }
  EXPECT_LT(Clock::now() - start, 10s);
}

}  // namespace quern::engine
