#include "engine/cache/result_memory.h"

#include <random>
#include <thread>

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

constexpr std::size_t kChunk = BlockStore::kChunkBytes;

ResultKey key_of(int n) {
  Sha256 sha;
  sha.add(std::as_bytes(std::span(&n, 1)));
  return {.bytes = sha.digest()};
}

StoredResult result_of(int n, std::size_t n_values, std::size_t n_ids = 0) {
  StoredResult out;
  std::mt19937 random(static_cast<unsigned>(n));
  for (std::size_t i = 0; i < n_values; ++i) out.values.push_back(static_cast<float>(random()));
  for (std::size_t i = 0; i < n_ids; ++i) out.ids.push_back(static_cast<text::TokenId>(random()));
  return out;
}

std::size_t tenant_bytes(const ByteLedger& ledger) {
  for (const auto& tenant : ledger.tenants()) {
    if (tenant.name == ResultMemory::kTenant) return tenant.bytes;
  }
  return 0;
}

/// Asks, and puts what was not there: as the engine does.
bool ask(ResultMemory& memory, int n, std::size_t n_values = 384) {
  StoredResult out;
  if (memory.find(key_of(n), out)) {
    EXPECT_EQ(out, result_of(n, n_values));
    return true;
  }
  memory.put(key_of(n), result_of(n, n_values));
  return false;
}

}  // namespace

TEST(result_memory, gives_back_what_was_put_of_any_size) {
  ByteLedger ledger(64 << 20);
  ResultMemory memory(ledger, {.n_bytes = 16 << 20});
  int n = 0;
  for (std::size_t n_values = 0; n_values < 200; ++n_values) {
    for (const std::size_t n_ids : {std::size_t{0}, std::size_t{1}, n_values}) {
      ++n;
      memory.put(key_of(n), result_of(n, n_values, n_ids));
    }
  }
  ++n;
  memory.put(key_of(n), result_of(n, 100'000, 30'000));
  StoredResult out;
  for (int i = 1, n_values = 0; n_values < 200; ++n_values) {
    for (const int n_ids : {0, 1, n_values}) {
      ASSERT_TRUE(memory.find(key_of(i), out));
      EXPECT_EQ(out,
                result_of(i, static_cast<std::size_t>(n_values), static_cast<std::size_t>(n_ids)));
      ++i;
    }
  }
  ASSERT_TRUE(memory.find(key_of(n), out));
  EXPECT_EQ(out, result_of(n, 100'000, 30'000));
  EXPECT_FALSE(memory.find(key_of(n + 1), out));
  EXPECT_EQ(memory.stats().n_items, static_cast<std::size_t>(n));
  EXPECT_EQ(memory.stats().n_hits, n);
  EXPECT_EQ(memory.stats().n_misses, 1);
}

TEST(result_memory, never_holds_more_than_its_limit_and_the_ledger_says_how_much) {
  ByteLedger ledger(64 << 20);
  ResultMemory memory(ledger, {.n_bytes = 1 << 20});
  for (int n = 0; n < 5000; ++n) {
    ask(memory, n, static_cast<std::size_t>(n % 700));
    ASSERT_LE(memory.stats().n_bytes, std::size_t{1} << 20);
    ASSERT_EQ(memory.stats().n_bytes, tenant_bytes(ledger));
  }
  const ResultMemoryStats stats = memory.stats();
  EXPECT_GT(stats.n_evicted, 500);
  EXPECT_EQ(stats.n_admitted - stats.n_evicted, static_cast<long>(stats.n_items));
  EXPECT_GT(stats.n_bytes, (std::size_t{1} << 20) - 2 * kChunk);  // And uses it.
}

TEST(result_memory, holds_no_more_items_than_asked_for) {
  ByteLedger ledger(64 << 20);
  ResultMemory memory(ledger, {.n_bytes = 16 << 20, .n_items = 3});
  for (int n = 0; n < 10; ++n) ask(memory, n);
  EXPECT_EQ(memory.stats().n_items, 3u);
  EXPECT_TRUE(ask(memory, 9) && ask(memory, 8) && ask(memory, 7));  // Of equals the latest.
}

TEST(result_memory, what_came_often_outlives_many_that_came_once) {
  ByteLedger ledger(64 << 20);
  ResultMemory memory(ledger, {.n_bytes = 1 << 20});  // Some 600 results.
  for (int round = 0; round < 3; ++round) {
    for (int n = 0; n < 300; ++n) ask(memory, n);
  }
  for (int n = 1000; n < 21'000; ++n) ask(memory, n);
  for (int n = 0; n < 300; ++n) EXPECT_TRUE(ask(memory, n)) << n;
}

// What was asked for while it was not held counts too: its next coming finds it worth a place.
TEST(result_memory, remembers_what_it_does_not_hold) {
  ByteLedger ledger(64 << 20);
  ResultMemory memory(ledger, {.n_bytes = 1 << 20});
  for (int round = 0; round < 2; ++round) {
    for (int n = 0; n < 2000; ++n) ask(memory, n);  // All is held by what was asked for twice.
  }
  for (int round = 0; round < 3; ++round) ask(memory, 5000);
  EXPECT_TRUE(ask(memory, 5000));
}

TEST(result_memory, a_large_result_displaces_small_ones_only_where_asked_for_as_often) {
  ByteLedger ledger(64 << 20);
  ResultMemory memory(ledger, {.n_bytes = 1 << 20});
  for (int n = 0; n < 600; ++n) ask(memory, n);
  const std::size_t n_before = memory.stats().n_items;
  ask(memory, 9999, 100'000);  // As many bytes as 200 of them.
  EXPECT_EQ(memory.stats().n_items, n_before);
  EXPECT_GE(memory.stats().n_rejected, 1);
  ask(memory, 9998, 10'000'000);  // More than there ever is room for.
  EXPECT_EQ(memory.stats().n_items, n_before);
}

TEST(result_memory, takes_only_what_is_free_and_goes_where_memory_is_wanted) {
  ByteLedger ledger(2 << 20);
  ResultMemory memory(ledger, {.n_bytes = 2 << 20});
  const Result<Reservation> other = ledger.reserve("other", 1 << 20);
  for (int n = 0; n < 2000; ++n) ask(memory, n);
  EXPECT_GT(memory.stats().n_items, 400u);
  EXPECT_GT(ledger.used_bytes(), (2u << 20) - 2 * kChunk);

  Result<Reservation> wanted = ledger.reserve("wanted", 512 << 10);
  ASSERT_TRUE(wanted.ok()) << wanted.status().message();
  EXPECT_LE(memory.stats().n_bytes, 512u << 10);
  EXPECT_EQ(memory.stats().n_bytes, tenant_bytes(ledger));
  const std::size_t n_left = memory.stats().n_items;
  EXPECT_GT(n_left, 100u);
  EXPECT_EQ(memory.stats().n_admitted - memory.stats().n_evicted, static_cast<long>(n_left));
  // What moved is whole, and what is left are those asked for last.
  int n_found = 0;
  StoredResult out;
  for (int n = 0; n < 2000; ++n) {
    if (!memory.find(key_of(n), out)) continue;
    EXPECT_EQ(out, result_of(n, 384));
    ++n_found;
  }
  EXPECT_EQ(n_found, static_cast<int>(n_left));
  EXPECT_TRUE(ask(memory, 1999));
}

TEST(result_memory, keeps_all_that_it_can_while_it_shrinks_and_grows) {
  ByteLedger ledger(8 << 20);
  ResultMemory memory(ledger, {.n_bytes = 8 << 20});
  std::mt19937 random(1);
  std::vector<Reservation> others;
  for (int i = 0; i < 20'000; ++i) {
    const int n = static_cast<int>(random() % 3000);
    ask(memory, n, static_cast<std::size_t>(n));
    if (random() % 100 == 0) {
      if (random() % 2 == 0 && !others.empty()) others.pop_back();
      Result<Reservation> more = ledger.reserve("other", random() % (2 << 20));
      if (more.ok()) others.push_back(std::move(*more));
    }
    if (i % 50 == 0) {
      ASSERT_EQ(memory.stats().n_bytes, tenant_bytes(ledger));
    }
  }
  EXPECT_GT(memory.stats().n_hits, 300);
}

TEST(result_memory, clear_gives_everything_back_and_says_how_much) {
  ByteLedger ledger(64 << 20);
  ResultMemory memory(ledger, {.n_bytes = 4 << 20});
  for (int n = 0; n < 500; ++n) ask(memory, n);
  const std::size_t held = memory.stats().n_bytes;
  EXPECT_EQ(memory.clear(), held);
  EXPECT_EQ(tenant_bytes(ledger), 0u);
  EXPECT_EQ(memory.stats().n_items, 0u);
  EXPECT_EQ(memory.clear(), 0u);
  EXPECT_FALSE(ask(memory, 1));
  EXPECT_TRUE(ask(memory, 1));
}

TEST(result_memory, forgets_what_is_removed) {
  ByteLedger ledger(64 << 20);
  ResultMemory memory(ledger, {.n_bytes = 4 << 20});
  ask(memory, 1);
  memory.remove(key_of(1));
  memory.remove(key_of(2));
  EXPECT_FALSE(ask(memory, 1));
}

TEST(result_memory, serves_many_threads_while_others_take_its_memory) {
  ByteLedger ledger(4 << 20);
  ResultMemory memory(ledger, {.n_bytes = 4 << 20});
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 4000; ++i) ask(memory, (i * 7 + t * 13) % 900);
    });
  }
  for (int i = 0; i < 200; ++i) {
    const Result<Reservation> taken = ledger.reserve("other", 3 << 20);
    EXPECT_TRUE(taken.ok());
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(memory.stats().n_bytes, tenant_bytes(ledger));
}

}  // namespace quern::engine
