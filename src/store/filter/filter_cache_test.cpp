#include "store/filter/filter_cache.h"

#include <gtest/gtest.h>

namespace quern::store {
namespace {

Filter year(std::int64_t low) {
  Filter filter;
  filter.op = FilterOp::kRange;
  filter.name = "year";
  filter.range = {.low = low, .high = low};
  return filter;
}

// Bitmaps of one segment with one document each; counts how often one was made.
struct Maker {
  int n_made = 0;
  std::function<Result<AllowedDocs>()> make(std::uint32_t doc, std::uint32_t n_docs = 100) {
    return [this, doc, n_docs]() -> Result<AllowedDocs> {
      ++n_made;
      AllowedDocs out(1, Bitmap(n_docs));
      out[0].set(doc);
      return out;
    };
  }
};

}  // namespace

TEST(filter_cache, what_was_made_once_is_given_again) {
  FilterCache cache;
  Maker maker;
  const auto first = cache.find_or_make(year(1), maker.make(1));
  const auto other = cache.find_or_make(year(2), maker.make(2));
  const auto again = cache.find_or_make(year(1), maker.make(77));
  ASSERT_TRUE(first.ok() && other.ok() && again.ok());
  EXPECT_EQ(*again, *first);
  EXPECT_TRUE((**again)[0].has(1));
  EXPECT_TRUE((**other)[0].has(2));
  EXPECT_EQ(maker.n_made, 2);
}

TEST(filter_cache, the_filter_that_was_not_used_for_longest_goes) {
  FilterCache cache;
  Maker maker;
  constexpr auto kMost = static_cast<std::int64_t>(FilterCache::kMaxFilters);
  for (std::int64_t i = 0; i < kMost; ++i) {
    ASSERT_TRUE(cache.find_or_make(year(i), maker.make(0)).ok());
  }
  ASSERT_TRUE(cache.find_or_make(year(0), maker.make(0)).ok());  // Used: year(1) is the oldest now.
  ASSERT_TRUE(cache.find_or_make(year(kMost), maker.make(0)).ok());
  EXPECT_EQ(cache.n_filters(), FilterCache::kMaxFilters);
  maker.n_made = 0;
  ASSERT_TRUE(cache.find_or_make(year(0), maker.make(0)).ok());
  EXPECT_EQ(maker.n_made, 0);
  ASSERT_TRUE(cache.find_or_make(year(1), maker.make(0)).ok());
  EXPECT_EQ(maker.n_made, 1);
}

TEST(filter_cache, errors_are_handed_on_and_not_remembered) {
  FilterCache cache;
  Maker maker;
  const auto failed = cache.find_or_make(
      year(1), []() -> Result<AllowedDocs> { return Status(Code::kBadInput, "damaged"); });
  EXPECT_EQ(failed.status().message(), "damaged");
  EXPECT_TRUE(cache.find_or_make(year(1), maker.make(1)).ok());
  EXPECT_EQ(maker.n_made, 1);
}

TEST(filter_cache, bytes_are_reserved_and_what_does_not_fit_is_answered_all_the_same) {
  constexpr std::uint32_t kDocs = 1 << 16;  // 8 KiB
  ByteLedger ledger(20000);
  {
    FilterCache cache(&ledger);
    Maker maker;
    for (std::int64_t i = 0; i < 4; ++i) {
      const auto docs = cache.find_or_make(year(i), maker.make(7, kDocs));
      ASSERT_TRUE(docs.ok()) << docs.status().message();
      EXPECT_TRUE((**docs)[0].has(7));
    }
    EXPECT_EQ(cache.n_filters(), 2u);
    EXPECT_GE(cache.bytes(), 2u * kDocs / 8);
    EXPECT_EQ(ledger.used_bytes(), cache.bytes());
  }
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

}  // namespace quern::store
