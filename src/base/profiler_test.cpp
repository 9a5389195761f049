#include "base/profiler.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace quern {
namespace {

void record(Stage stage, double n_ops = 0) {
  StageTimer timer(stage, 3);
  if (timer.is_on()) timer.add_work(n_ops, 7);
}

}  // namespace

TEST(profiler, off_nothing_is_recorded) {
  Profiler::start(2, 8);
  Profiler::stop();
  record(Stage::kNorm);
  EXPECT_TRUE(Profiler::take().empty());
}

TEST(profiler, stages_are_recorded_with_their_time_and_work) {
  Profiler::start(2, 8);
  {
    const StageTimer outer(Stage::kForward, 2);
    record(Stage::kAttention, 100);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  Profiler::stop();
  const std::vector<StageRecord> got = Profiler::take();
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].stage, Stage::kAttention);
  EXPECT_EQ(got[0].n_threads, 3);
  EXPECT_EQ(got[0].n_ops, 100);
  EXPECT_EQ(got[0].weight_bytes, 7);
  EXPECT_EQ(got[1].stage, Stage::kForward);
  EXPECT_GE(got[1].ns, 5'000'000);
  EXPECT_LE(got[1].start_ns, got[0].start_ns);
}

TEST(profiler, a_full_ring_keeps_the_last_and_counts_what_it_lost) {
  Profiler::start(1, 4);
  for (int i = 0; i < 10; ++i) record(Stage::kNorm, i);
  Profiler::stop();
  const std::vector<StageRecord> got = Profiler::take();
  ASSERT_EQ(got.size(), 4u);
  EXPECT_EQ(got[0].n_ops, 6);
  EXPECT_EQ(got[3].n_ops, 9);
  EXPECT_EQ(Profiler::n_lost(), 6);
}

TEST(profiler, each_thread_has_its_ring_and_those_without_are_counted) {
  Profiler::start(3, 1000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 100; ++i) record(Stage::kTurn);
    });
  }
  for (std::thread& thread : threads) thread.join();
  Profiler::stop();
  EXPECT_EQ(Profiler::take().size(), 300u);
  EXPECT_EQ(Profiler::n_lost(), 100);
  Profiler::start(1, 10);
  record(Stage::kPooling);
  Profiler::stop();
  EXPECT_EQ(Profiler::take().size(), 1u);
}

}  // namespace quern
