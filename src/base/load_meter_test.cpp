#include "base/load_meter.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace quern {

using Phase = LoadMeter::Phase;

TEST(load_meter, tells_how_far_the_phase_has_come) {
  LoadMeter meter("a");
  EXPECT_EQ(meter.progress().phase, Phase::kOpening);
  meter.begin(Phase::kPacking, 100);
  meter.add(30);
  meter.add(20);
  EXPECT_EQ(meter.progress().phase, Phase::kPacking);
  EXPECT_EQ(meter.progress().done_bytes, 50u);
  EXPECT_EQ(meter.progress().total_bytes, 100u);
  meter.begin(Phase::kChecking, 70);
  EXPECT_EQ(meter.progress().done_bytes, 0u);
  EXPECT_STREQ(phase_name(meter.progress().phase), "checking");
}

TEST(load_meter, is_that_of_the_innermost_scope_of_the_thread) {
  LoadMeter outer("outer"), inner("inner");
  {
    const LoadMeter::Scope a(outer);
    LoadMeter::current().add(1);
    {
      const LoadMeter::Scope b(inner);
      LoadMeter::current().add(2);
    }
    LoadMeter::current().add(4);
    std::thread([] { LoadMeter::current().add(8); }).join();  // Nobody's.
  }
  LoadMeter::current().add(16);
  EXPECT_EQ(outer.progress().done_bytes, 5u);
  EXPECT_EQ(inner.progress().done_bytes, 2u);
}

TEST(load_meter, counts_what_several_threads_do) {
  LoadMeter meter("a");
  meter.begin(Phase::kChecking, 4000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) meter.add(1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(meter.progress().done_bytes, 4000u);
}

}  // namespace quern
