#include "engine/cache/access_history.h"

#include <random>

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

std::uint64_t mixed(std::uint64_t n) { return std::mt19937_64(n)(); }

}  // namespace

TEST(access_history, counts_each_key_up_to_fifteen) {
  ByteLedger ledger(1 << 20);
  AccessHistory history = AccessHistory::make(ledger, "h", 64 << 10);
  EXPECT_EQ(history.count(mixed(1)), 0);
  for (int i = 1; i <= 20; ++i) {
    EXPECT_EQ(history.record(mixed(1)), std::min(i, AccessHistory::kMaxCount));
  }
  EXPECT_EQ(history.record(mixed(2)), 1);
  history.set(mixed(3), 7);
  EXPECT_EQ(history.count(mixed(3)), 7);
  EXPECT_EQ(history.count(mixed(1)), 15);
}

TEST(access_history, what_came_often_stays_when_many_come_once) {
  ByteLedger ledger(1 << 20);
  AccessHistory history = AccessHistory::make(ledger, "h", 64 << 10);  // 32,768 counters.
  for (int i = 0; i < 3; ++i) {
    for (std::uint64_t key = 0; key < 1000; ++key) history.record(mixed(key));
  }
  for (std::uint64_t key = 1000; key < 100'000; ++key) history.record(mixed(key));
  int n_known = 0;
  for (std::uint64_t key = 0; key < 1000; ++key) n_known += history.count(mixed(key)) == 3;
  EXPECT_GE(n_known, 990);
}

// False ones would let in what came once: of 12 bits in 8 places, one in 512.
TEST(access_history, strangers_are_seldom_taken_for_known) {
  ByteLedger ledger(1 << 20);
  AccessHistory history = AccessHistory::make(ledger, "h", 64 << 10);
  for (std::uint64_t key = 0; key < 100'000; ++key) history.record(mixed(key));
  int n_false = 0;
  for (std::uint64_t key = 1'000'000; key < 1'100'000; ++key)
    n_false += history.count(mixed(key)) > 0;
  EXPECT_LT(n_false, 400);
}

TEST(access_history, halves_its_counts_after_long) {
  ByteLedger ledger(1 << 20);
  AccessHistory history = AccessHistory::make(ledger, "h", 4096);  // 2,048 counters.
  history.set(mixed(1), 8);
  EXPECT_FALSE(history.take_halving());
  for (int i = 0; i < 2048 * 64 && history.count(mixed(1)) == 8; ++i) history.record(mixed(2));
  EXPECT_EQ(history.count(mixed(1)), 4);
  EXPECT_TRUE(history.take_halving());
  EXPECT_FALSE(history.take_halving());
}

TEST(access_history, knows_nothing_where_there_is_no_memory) {
  ByteLedger ledger(1000);
  AccessHistory history = AccessHistory::make(ledger, "h", 64 << 10);
  EXPECT_EQ(history.n_bytes(), 0u);
  EXPECT_EQ(history.record(mixed(1)), 1);
  EXPECT_EQ(history.record(mixed(1)), 1);
  history.set(mixed(1), 9);
  EXPECT_EQ(history.count(mixed(1)), 0);
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

}  // namespace quern::engine
