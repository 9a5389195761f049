#include "engine/generate/page_supply.h"

#include <numeric>

#include <gtest/gtest.h>

#include "base/fake_reclaimer.h"

namespace quern::engine {
namespace {

formats::DecoderConfig config(int n_kv_heads, int d_head) {
  formats::DecoderConfig c;
  c.n_layers = 1;
  c.n_kv_heads = n_kv_heads;
  c.d_head = d_head;
  c.windows = {0};
  return c;
}

constexpr std::size_t kPageBytes = 64 * 16 * 2 * 2;
constexpr auto kRope = models::RopeFactors::kShort;

class PageSupplyTest : public testing::Test {
 protected:
  void keep(int n, int first) {
    models::KvSequence kv(pool_);
    ASSERT_TRUE(kv.reserve(n).ok());
    kv.advance(n);
    std::vector<text::TokenId> tokens(static_cast<std::size_t>(n));
    std::iota(tokens.begin(), tokens.end(), first);
    prefixes_.keep(tokens, kv, kRope);
  }

  ByteLedger ledger_{10 * kPageBytes};
  models::KvPool pool_{config(1, 16), kernels::KvType::kF16, ledger_, "kv/x"};
  PrefixCache prefixes_{8, 1 << 20};
  FakeReclaimer idle_{ledger_, ReclaimRank::kModels, "weights/idle"};
  PageSupply pages_{pool_, prefixes_, ledger_};
};

TEST_F(PageSupplyTest, free_pages_first_then_prefixes_least_used_first) {
  keep(64 * 4, 0);
  keep(64 * 4, 5000);
  models::KvSequence kv(pool_);
  EXPECT_TRUE(pages_.reserve(kv, 64 * 2).ok());
  EXPECT_EQ(prefixes_.n_entries(), 2u);
  EXPECT_TRUE(pages_.reserve(kv, 64 * 5).ok());
  EXPECT_EQ(prefixes_.n_entries(), 1u);
}

TEST_F(PageSupplyTest, what_is_kept_stays_where_all_of_it_would_not_do) {
  keep(64 * 4, 0);
  idle_.hold(kPageBytes);
  const Result<Reservation> held = ledger_.reserve("weights", 3 * kPageBytes);
  models::KvSequence kv(pool_);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(pages_.reserve(kv, 64 * 8).message(),
              "kv/x wants 16.0 kB, 8.0 kB of the 40.0 kB memory budget is free; "
              "held by kv/x 16.0 kB, weights 12.0 kB, weights/idle 4.0 kB");
  }
  EXPECT_EQ(prefixes_.n_entries(), 1u);
  EXPECT_EQ(idle_.reclaimable_bytes(), kPageBytes);
  EXPECT_EQ(kv.n_bytes(), 0u);
  EXPECT_TRUE(pages_.reserve(kv, 64 * 7).ok());
}

TEST_F(PageSupplyTest, idle_models_give_what_the_own_prefixes_do_not) {
  keep(64 * 2, 0);
  idle_.hold(5 * kPageBytes);
  models::KvSequence small(pool_), large(pool_);
  EXPECT_TRUE(pages_.reserve(small, 64 * 4).ok());
  EXPECT_EQ(idle_.reclaimable_bytes(), 5 * kPageBytes);
  EXPECT_EQ(prefixes_.n_entries(), 0u);
  EXPECT_TRUE(pages_.reserve(large, 64 * 3).ok());
  EXPECT_EQ(idle_.reclaimable_bytes(), 3 * kPageBytes);
}

// The ledger has room for these pages, the system has not: 2^48 bytes each.
TEST_F(PageSupplyTest, memory_that_the_system_refuses_is_no_endless_search) {
  ByteLedger endless(std::size_t{1} << 62);
  models::KvPool huge(config(1 << 20, 1 << 20), kernels::KvType::kF16, endless, "kv/huge");
  PageSupply pages(huge, prefixes_, endless);
  models::KvSequence kv(huge);
  EXPECT_EQ(pages.reserve(kv, 64).code(), Code::kExhausted);
}

}  // namespace
}  // namespace quern::engine
