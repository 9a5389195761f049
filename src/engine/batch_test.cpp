#include "engine/batch.h"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::engine {

using ::testing::ElementsAre;

TEST(choose_batch, takes_everything_that_fits) {
  EXPECT_THAT(choose_batch(std::vector<int>{5, 1, 9}, 1, 15), ElementsAre(1, 0, 2));
}

TEST(choose_batch, lead_first_then_nearest_lengths_earlier_first) {
  const std::vector<int> lengths = {10, 50, 12, 8, 11, 49};
  EXPECT_THAT(choose_batch(lengths, 0, 41), ElementsAre(0, 4, 2, 3));
  EXPECT_THAT(choose_batch(lengths, 1, 100), ElementsAre(1, 5));
}

TEST(choose_batch, the_lead_runs_even_over_the_budget) {
  EXPECT_THAT(choose_batch(std::vector<int>{3, 500}, 1, 64), ElementsAre(1));
}

TEST(choose_batch, holds_so_many_texts_at_most) {
  const std::vector<int> lengths = {10, 50, 12, 8, 11, 49};
  EXPECT_THAT(choose_batch(lengths, 0, 1000, 3), ElementsAre(0, 4, 2));
  EXPECT_THAT(choose_batch(lengths, 1, 1000, 1), ElementsAre(1));
  EXPECT_EQ(choose_batch(lengths, 1, 1000, 6).size(), 6u);
}

TEST(choose_batch, holds_its_promises_on_random_lengths) {
  std::mt19937 random(11);
  for (int round = 0; round < 500; ++round) {
    std::vector<int> lengths(1 + random() % 60);
    for (int& n : lengths) n = static_cast<int>(1 + random() % 100);
    const int lead = static_cast<int>(random() % lengths.size());
    const int budget = static_cast<int>(1 + random() % 2000);
    const std::vector<int> chosen = choose_batch(lengths, lead, budget);

    ASSERT_EQ(chosen.at(0), lead);
    ASSERT_EQ(std::set<int>(chosen.begin(), chosen.end()).size(), chosen.size());
    long sum = 0;
    int farthest = 0;
    for (const int i : chosen) {
      sum += lengths.at(i);
      farthest = std::max(farthest, std::abs(lengths.at(i) - lengths[lead]));
    }
    ASSERT_TRUE(sum <= budget || chosen.size() == 1);
    // Nobody nearer was left out.
    for (int i = 0; i < static_cast<int>(lengths.size()); ++i) {
      if (std::find(chosen.begin(), chosen.end(), i) != chosen.end()) continue;
      ASSERT_GE(std::abs(lengths[i] - lengths[lead]), chosen.size() == 1 ? 0 : farthest);
    }
  }
}

TEST(default_batch_tokens, follows_width_and_cache_within_bounds) {
  const CacheSizes large = {.l1d_bytes = 32 << 10, .l2_bytes = 1 << 20, .l3_bytes = 32 << 20};
  const CacheSizes none = {.l1d_bytes = 32 << 10, .l2_bytes = 512 << 10, .l3_bytes = 0};
  EXPECT_EQ(default_batch_tokens(384, 1536, large), 2176);  // 16 MB of rows of 7,680 bytes.
  EXPECT_EQ(default_batch_tokens(384, 1536, none), 1088);
  EXPECT_EQ(default_batch_tokens(32, 64, large), 4096);
  EXPECT_EQ(default_batch_tokens(8192, 65536, none), 256);
}

}  // namespace quern::engine
