#include "cli/top_k.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace quern::cli {

TEST(top_k, keeps_the_best_in_order) {
  TopK top(2);
  for (const float score : {0.1f, 0.9f, 0.5f, 0.7f}) top.add({score, 0, ""});
  const auto best = top.take();
  ASSERT_EQ(best.size(), 2u);
  EXPECT_EQ(best[0].score, 0.9f);
  EXPECT_EQ(best[1].score, 0.7f);
  EXPECT_TRUE(top.take().empty());
}

TEST(top_k, counts_the_bytes_it_keeps) {
  TopK top(2);
  EXPECT_EQ(top.n_bytes(), 0u);
  top.add({.score = 1, .line = 1, .text = "four"});
  top.add({.score = 2, .line = 2, .text = "four"});
  top.add({.score = 3, .line = 3, .text = "seven!!"});  // For the first.
  top.add({.score = 0, .line = 4, .text = "nothing"});
  EXPECT_EQ(top.n_bytes(), 11 + 2 * sizeof(ScoredLine));
  top.take();
  EXPECT_EQ(top.n_bytes(), 0u);
}

TEST(top_k, agrees_with_sorting_everything) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    const int n = static_cast<int>(random() % 60), k = static_cast<int>(random() % 12);
    std::vector<ScoredLine> all;
    TopK top(k);
    for (int i = 0; i < n; ++i) {
      all.push_back({static_cast<float>(random() % 10), i, ""});  // Many equal scores.
      top.add(all.back());
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    const auto got = top.take();
    ASSERT_EQ(got.size(), static_cast<std::size_t>(std::min(n, k)));
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].line, all[i].line);
  }
}

}  // namespace quern::cli
