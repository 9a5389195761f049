#include "engine/generate/prefix_cache.h"

#include <numeric>

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

class PrefixCacheTest : public testing::Test {
 protected:
  static formats::DecoderConfig config() {
    formats::DecoderConfig c;
    c.n_layers = 1;
    c.n_kv_heads = 1;
    c.d_head = 16;
    c.windows = {0};
    return c;
  }

  models::KvSequence sequence(int length) {
    models::KvSequence kv(pool_);
    EXPECT_TRUE(kv.reserve(length).ok());
    kv.advance(length);
    return kv;
  }

  static std::vector<text::TokenId> tokens(int n, int first = 0) {
    std::vector<text::TokenId> out(static_cast<std::size_t>(n));
    std::iota(out.begin(), out.end(), first);
    return out;
  }

  ByteLedger ledger_{1 << 24};
  models::KvPool pool_{config(), kernels::KvType::kF16, ledger_, "kv/x"};
};

constexpr auto kShort = models::RopeFactors::kShort;
constexpr auto kLong = models::RopeFactors::kLong;
constexpr std::size_t kPageBytes = 64 * 16 * 2 * 2;

TEST_F(PrefixCacheTest, finds_the_longest_beginning_in_whole_pages) {
  PrefixCache cache(8, 1 << 20);
  cache.keep(tokens(130), sequence(130), kShort);
  cache.keep(tokens(300), sequence(300), kShort);
  EXPECT_EQ(cache.n_entries(), 2u);
  EXPECT_EQ(cache.find(tokens(1000), kShort)->length(), 256);
  EXPECT_EQ(cache.find(tokens(200), kShort)->length(), 192);
  EXPECT_FALSE(cache.find(tokens(50), kShort).has_value());
  EXPECT_FALSE(cache.find(tokens(500, 7), kShort).has_value());
}

TEST_F(PrefixCacheTest, leaves_the_last_token_whose_logits_are_wanted) {
  PrefixCache cache(8, 1 << 20);
  cache.keep(tokens(128), sequence(128), kShort);
  EXPECT_EQ(cache.find(tokens(128), kShort)->length(), 64);
  EXPECT_EQ(cache.find(tokens(129), kShort)->length(), 128);
}

TEST_F(PrefixCacheTest, the_least_recently_used_goes_first) {
  PrefixCache cache(2, 1 << 20);
  cache.keep(tokens(64, 1000), sequence(64), kShort);
  cache.keep(tokens(64, 2000), sequence(64), kShort);
  EXPECT_TRUE(cache.find(tokens(70, 1000), kShort).has_value());
  cache.keep(tokens(64, 3000), sequence(64), kShort);
  EXPECT_TRUE(cache.find(tokens(70, 1000), kShort).has_value());
  EXPECT_FALSE(cache.find(tokens(70, 2000), kShort).has_value());
}

TEST_F(PrefixCacheTest, holds_no_more_bytes_than_it_may) {
  PrefixCache cache(8, 3 * kPageBytes);
  cache.keep(tokens(64, 1000), sequence(64), kShort);
  cache.keep(tokens(128, 2000), sequence(128), kShort);
  EXPECT_EQ(cache.n_entries(), 2u);
  cache.keep(tokens(64, 3000), sequence(64), kShort);
  EXPECT_EQ(cache.n_entries(), 2u);
  cache.keep(tokens(640, 4000), sequence(640), kShort);  // Larger than all it may hold.
  EXPECT_EQ(cache.n_entries(), 0u);
  pool_.drop_spare();
  EXPECT_EQ(ledger_.used_bytes(), 0u);
}

TEST_F(PrefixCacheTest, ropes_are_kept_apart) {
  PrefixCache cache(8, 1 << 20);
  cache.keep(tokens(64), sequence(64), kShort);
  EXPECT_FALSE(cache.find(tokens(100), kLong).has_value());
  cache.keep(tokens(64), sequence(64), kLong);
  EXPECT_EQ(cache.n_entries(), 2u);
  EXPECT_TRUE(cache.find(tokens(100), kLong).has_value());
  EXPECT_TRUE(cache.find(tokens(100), kShort).has_value());
}

TEST_F(PrefixCacheTest, keeps_one_entry_for_the_same_tokens) {
  PrefixCache cache(8, 1 << 20);
  cache.keep(tokens(64), sequence(64), kShort);
  cache.keep(tokens(100), sequence(100), kShort);  // The same whole pages.
  EXPECT_EQ(cache.n_entries(), 1u);
}

}  // namespace
}  // namespace quern::engine
