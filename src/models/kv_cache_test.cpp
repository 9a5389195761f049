#include "models/kv_cache.h"

#include <gtest/gtest.h>

namespace quern::models {
namespace {

formats::DecoderConfig config(std::vector<int> windows) {
  formats::DecoderConfig c;
  c.n_layers = static_cast<int>(windows.size());
  c.n_kv_heads = 1;
  c.d_head = 16;
  c.windows = std::move(windows);
  return c;
}

constexpr std::size_t kPageBytes = 64 * 16 * 2 * 2;  // Keys and values in f16.

TEST(kv_cache, takes_pages_from_the_ledger_and_gives_them_back) {
  ByteLedger ledger(1 << 20);
  {
    KvPool pool(config({0, 0}), kernels::KvType::kF16, ledger, "kv/x");
    {
      KvSequence s(pool);
      ASSERT_TRUE(s.reserve(65).ok());
      EXPECT_EQ(ledger.used_bytes(), 4 * kPageBytes);
      EXPECT_EQ(s.n_bytes(), 4 * kPageBytes);
      ASSERT_TRUE(s.reserve(128).ok());
      EXPECT_EQ(ledger.used_bytes(), 4 * kPageBytes);
    }
    KvSequence next(pool);
    ASSERT_TRUE(next.reserve(10).ok());
    EXPECT_EQ(ledger.used_bytes(), 4 * kPageBytes);  // Kept pages serve.
    pool.drop_spare();
    EXPECT_EQ(ledger.used_bytes(), 2 * kPageBytes);
  }
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

TEST(kv_cache, what_is_freeable_is_whole_slabs) {
  ByteLedger ledger(1 << 20);
  KvPool pool(config({0, 0}), kernels::KvType::kF16, ledger, "kv/x");
  KvSequence held(pool);
  ASSERT_TRUE(held.reserve(64 * 3).ok());
  Result<KvPage> page = pool.take();  // One of a slab's two: the other is spare.
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(pool.n_spare(), 1u);
  EXPECT_EQ(pool.freeable_bytes({}), 0u);
  const KvPageBytes* own[] = {page->get()};
  EXPECT_EQ(pool.freeable_bytes(own), 2 * kPageBytes);
  pool.give(std::move(*page));
  EXPECT_EQ(pool.freeable_bytes({}), 2 * kPageBytes);
  const std::size_t used = ledger.used_bytes();
  pool.drop_spare();
  EXPECT_EQ(ledger.used_bytes(), used - 2 * kPageBytes);
}

TEST(kv_cache, refuses_what_the_ledger_does_not_have_and_keeps_what_it_had) {
  ByteLedger ledger(3 * kPageBytes);
  KvPool pool(config({0}), kernels::KvType::kF16, ledger, "kv/x");
  KvSequence s(pool);
  ASSERT_TRUE(s.reserve(128).ok());
  EXPECT_EQ(s.reserve(1000).code(), Code::kExhausted);
  EXPECT_NE(s.pages(0)[1], nullptr);
}

TEST(kv_cache, windows_give_back_what_they_have_passed) {
  ByteLedger ledger(1 << 22);
  KvPool pool(config({0, 100}), kernels::KvType::kF16, ledger, "kv/x");
  KvSequence s(pool);
  for (int n = 0; n < 2000; n += 50) {
    ASSERT_TRUE(s.reserve(n + 50).ok());
    s.advance(n + 50);
  }
  EXPECT_NE(s.pages(0)[0], nullptr);
  EXPECT_EQ(s.pages(1)[0], nullptr);
  // Position 2000 still sees 1901, which lies in page 29.
  EXPECT_EQ(s.pages(1)[28], nullptr);
  EXPECT_NE(s.pages(1)[29], nullptr);
  // 32 pages without a window; with one, 3 at the end and those that were ever ahead.
  EXPECT_LE(ledger.used_bytes(), (32 + 3 + 9) * kPageBytes);
}

TEST(kv_cache, a_fork_shares_whole_pages_and_copies_the_last) {
  ByteLedger ledger(1 << 20);
  KvPool pool(config({0}), kernels::KvType::kF16, ledger, "kv/x");
  KvSequence s(pool);
  ASSERT_TRUE(s.reserve(200).ok());
  s.pages(0)[1][5] = std::byte{42};
  s.advance(200);
  Result<KvSequence> fork = s.fork(100);
  ASSERT_TRUE(fork.ok());
  EXPECT_EQ(fork->length(), 100);
  EXPECT_EQ(fork->pages(0)[0], s.pages(0)[0]);
  EXPECT_NE(fork->pages(0)[1], s.pages(0)[1]);
  EXPECT_EQ(fork->pages(0)[1][5], std::byte{42});
  EXPECT_EQ(fork->pages(0).size(), 2u);
}

TEST(kv_cache, no_fork_where_a_window_has_passed) {
  ByteLedger ledger(1 << 22);
  KvPool pool(config({64}), kernels::KvType::kF16, ledger, "kv/x");
  KvSequence s(pool);
  for (int n = 0; n < 640; n += 64) {
    ASSERT_TRUE(s.reserve(n + 64).ok());
    s.advance(n + 64);
  }
  EXPECT_EQ(s.fork(128).status().code(), Code::kNotFound);
  EXPECT_TRUE(s.fork(640).ok());
}

}  // namespace
}  // namespace quern::models
