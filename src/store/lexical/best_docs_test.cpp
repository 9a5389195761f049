#include "store/lexical/best_docs.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace quern::store {
namespace {

TEST(best_docs, the_best_stay_and_of_equal_ones_the_first) {
  BestDocs best(2, 0);
  for (const ScoredDoc hit :
       {ScoredDoc{1, 0}, ScoredDoc{3, 1}, ScoredDoc{1, 2}, ScoredDoc{3, 3}, ScoredDoc{3, 4}}) {
    best.add(hit);
  }
  EXPECT_EQ(std::move(best).take(), (std::vector<ScoredDoc>{{3, 1}, {3, 3}}));
}

TEST(best_docs, the_bar_is_one_step_above_the_worst_once_there_are_enough) {
  BestDocs best(1, 0.5);
  EXPECT_EQ(best.bar(), 0.5);
  best.add({0.25, 0});
  EXPECT_EQ(best.bar(), 0.5);
  best.add({1, 1});
  EXPECT_EQ(best.bar(), 1 + kScoreStep);
}

TEST(best_docs, as_sorting_does) {
  std::mt19937 random(1);
  for (std::uint32_t n_wanted = 0; n_wanted < 20; ++n_wanted) {
    BestDocs best(n_wanted, 0);
    std::vector<ScoredDoc> all;
    for (std::uint32_t doc = 0; doc < 100; ++doc) {
      all.push_back({static_cast<double>(random() % 20), doc});
      best.add(all.back());
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const ScoredDoc& a, const ScoredDoc& b) { return a.score > b.score; });
    all.resize(n_wanted);
    EXPECT_EQ(std::move(best).take(), all);
  }
}

}  // namespace
}  // namespace quern::store
