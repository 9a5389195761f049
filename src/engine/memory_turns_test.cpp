#include "engine/memory_turns.h"

#include <atomic>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

}  // namespace

TEST(memory_turns, nobody_is_held_back_where_no_load_waits) {
  MemoryTurns turns(1h);
  EXPECT_FALSE(turns.is_held_back("a", Clock::now()));
  turns.wait("a", Clock::now());
}

TEST(memory_turns, a_load_holds_back_who_comes_after_it_until_it_has_its_memory) {
  MemoryTurns turns(1h);
  const Clock::time_point before = Clock::now();
  auto waiting = std::make_unique<MemoryTurns::Waiting>(turns, "a");
  std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(turns.is_held_back("b", Clock::now()));
  EXPECT_FALSE(turns.is_held_back("b", before));
  EXPECT_FALSE(turns.is_held_back("a", Clock::now()));
  turns.wait("a", Clock::now());
  turns.wait("b", before);
  std::atomic<bool> is_there{false};
  std::thread other([&] {
    turns.wait("b", Clock::now());
    EXPECT_TRUE(is_there);
  });
  std::this_thread::sleep_for(20ms);
  is_there = true;
  waiting.reset();
  other.join();
  EXPECT_FALSE(turns.is_held_back("b", Clock::now()));
}

TEST(memory_turns, a_load_that_waits_in_vain_lets_others_go_on) {
  MemoryTurns turns(30ms);
  const Clock::time_point start = Clock::now();
  const MemoryTurns::Waiting waiting(turns, "a");
  std::this_thread::sleep_for(1ms);
  turns.wait("b", Clock::now());
  EXPECT_GE(Clock::now() - start, 30ms);
  EXPECT_LT(Clock::now() - start, 10s);
  EXPECT_FALSE(turns.is_held_back("b", Clock::now()));
}

}  // namespace quern::engine
