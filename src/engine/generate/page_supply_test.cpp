#include "engine/generate/page_supply.h"

#include <numeric>

#include <gtest/gtest.h>

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

  bool make_room(std::size_t bytes) {
    asked_.push_back(bytes);
    if (ledger_.free_bytes() + idle_.bytes() < bytes) return false;
    idle_ = Reservation();
    return true;
  }

  ByteLedger ledger_{10 * kPageBytes};
  models::KvPool pool_{config(1, 16), kernels::KvType::kF16, ledger_, "kv/x"};
  PrefixCache prefixes_{8, 1 << 20};
  int n_given_up_ = 0;
  KeptPages others_{[] { return std::size_t{0}; },
                    [this] {
                      ++n_given_up_;
                      return false;
                    }};
  Reservation idle_;
  std::vector<std::size_t> asked_;
  PageSupply pages_{prefixes_, others_, ledger_, [this](std::size_t n) { return make_room(n); }};
};

TEST_F(PageSupplyTest, free_pages_first_then_prefixes_least_used_first) {
  keep(64 * 4, 0);
  keep(64 * 4, 5000);
  models::KvSequence kv(pool_);
  EXPECT_TRUE(pages_.reserve(kv, 64 * 2));
  EXPECT_EQ(prefixes_.n_entries(), 2u);
  EXPECT_TRUE(pages_.reserve(kv, 64 * 5));
  EXPECT_EQ(prefixes_.n_entries(), 1u);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(PageSupplyTest, what_is_kept_stays_where_all_of_it_would_not_do) {
  keep(64 * 4, 0);
  const Result<Reservation> held = ledger_.reserve("weights", 4 * kPageBytes);
  models::KvSequence kv(pool_);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(pages_.reserve(kv, 64 * 7));
  EXPECT_EQ(prefixes_.n_entries(), 1u);
  EXPECT_EQ(n_given_up_, 0);
  EXPECT_EQ(kv.n_bytes(), 0u);
  EXPECT_TRUE(pages_.reserve(kv, 64 * 6));
}

TEST_F(PageSupplyTest, idle_models_are_asked_for_what_is_missing_once) {
  idle_ = std::move(*ledger_.reserve("weights/idle", 5 * kPageBytes));
  models::KvSequence kv(pool_);
  EXPECT_TRUE(pages_.reserve(kv, 64 * 8));
  EXPECT_EQ(asked_, std::vector<std::size_t>{8 * kPageBytes});
}

// The ledger has room for these pages, the system has not: 2^48 bytes each.
TEST_F(PageSupplyTest, memory_that_the_system_refuses_is_no_endless_search) {
  ByteLedger endless(std::size_t{1} << 62);
  models::KvPool huge(config(1 << 20, 1 << 20), kernels::KvType::kF16, endless, "kv/huge");
  int n_asked = 0;
  PageSupply pages(prefixes_, others_, endless, [&](std::size_t) {
    ++n_asked;
    return true;
  });
  models::KvSequence kv(huge);
  EXPECT_FALSE(pages.reserve(kv, 64));
  EXPECT_LE(n_asked, 2);
}

}  // namespace
}  // namespace quern::engine
