#include "store/vector/top_candidates.h"

#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace quern::store {
namespace {

TEST(top_candidates, equal_scores_go_by_id) {
  TopCandidates top(2);
  for (const std::uint32_t id : {7u, 3u, 9u, 5u}) top.offer({1.0f, id});
  EXPECT_EQ(top.threshold(), 1.0f);
  EXPECT_EQ(top.take(), (std::vector<Candidate>{{1.0f, 3}, {1.0f, 5}}));
}

TEST(top_candidates, are_the_first_of_all_sorted) {
  std::mt19937 random(1);
  for (const std::size_t k : {1, 2, 10, 100, 2000}) {
    std::vector<Candidate> all;
    for (std::uint32_t id = 0; id < 1000; ++id) {
      all.push_back({static_cast<float>(random() % 50), id});
    }
    std::shuffle(all.begin(), all.end(), random);
    TopCandidates top(k);
    for (const Candidate& c : all) top.offer(c);
    std::sort(all.begin(), all.end(), is_better);
    all.resize(std::min(k, all.size()));
    EXPECT_EQ(top.take(), all) << k;
  }
}

TEST(top_candidates, a_floor_keeps_out_what_is_below) {
  TopCandidates top(3, 2.0f);
  for (std::uint32_t id = 0; id < 4; ++id) top.offer({static_cast<float>(id), id});
  EXPECT_EQ(top.threshold(), 2.0f);
  EXPECT_EQ(top.take(), (std::vector<Candidate>{{3.0f, 3}, {2.0f, 2}}));
}

TEST(top_candidates, nan_never_enters) {
  TopCandidates top(2);
  top.offer({std::numeric_limits<float>::quiet_NaN(), 1});
  EXPECT_TRUE(top.held().empty());
}

}  // namespace
}  // namespace quern::store
