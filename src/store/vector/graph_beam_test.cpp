#include "store/vector/graph_beam.h"

#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "store/vector/top_candidates.h"

namespace quern::store {
namespace {

std::vector<Candidate> held(const GraphBeam& beam) {
  std::vector<Candidate> out;
  for (std::size_t i = 0; i < beam.size(); ++i) out.push_back({beam.score(i), beam.row(i)});
  return out;
}

/// Scores of which some are equal, and of both signs.
std::vector<Candidate> candidates(std::uint32_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Candidate> out;
  for (std::uint32_t i = 0; i < n; ++i) {
    out.push_back({static_cast<float>(static_cast<int>(random() % 41) - 20) / 3, i});
  }
  std::shuffle(out.begin(), out.end(), random);
  return out;
}

TEST(graph_beam, holds_the_best_in_order) {
  GraphBeam beam;
  for (const std::size_t width : {1u, 2u, 7u, 50u, 300u}) {
    std::vector<Candidate> all = candidates(200, static_cast<unsigned>(width));
    beam.start(width, 0);
    for (const Candidate& c : all) beam.offer(c.score, c.id);
    std::sort(all.begin(), all.end(), is_better);
    if (all.size() > width) all.resize(width);
    EXPECT_EQ(held(beam), all) << width;
    EXPECT_EQ(beam.is_full(), width <= 200);
  }
}

TEST(graph_beam, a_mask_orders_equal_scores_anew) {
  GraphBeam beam;
  beam.start(3, 6);
  for (std::uint32_t row = 0; row < 8; ++row) beam.offer(-0.5f, row);
  EXPECT_EQ(held(beam), (std::vector<Candidate>{{-0.5f, 6}, {-0.5f, 7}, {-0.5f, 4}}));
}

TEST(graph_beam, zeros_are_equal_whatever_their_sign_and_nan_is_nothing) {
  GraphBeam beam;
  beam.start(4, 0);
  beam.offer(-0.0f, 9);
  beam.offer(0.0f, 3);
  beam.offer(std::numeric_limits<float>::quiet_NaN(), 1);
  beam.offer(-std::numeric_limits<float>::infinity(), 2);
  beam.offer(std::numeric_limits<float>::infinity(), 8);
  ASSERT_EQ(beam.size(), 4u);
  EXPECT_EQ(beam.row(0), 8u);
  EXPECT_EQ(beam.row(1), 3u);
  EXPECT_EQ(beam.row(2), 9u);
  EXPECT_EQ(beam.row(3), 2u);
  beam.offer(std::numeric_limits<float>::quiet_NaN(), 1);
  EXPECT_EQ(beam.size(), 4u);
}

TEST(graph_beam, each_row_is_taken_once_and_better_ones_that_come_later_first) {
  GraphBeam beam;
  beam.start(3, 0);
  beam.offer(1, 10);
  beam.offer(2, 20);
  EXPECT_EQ(beam.peek(), 20u);
  EXPECT_EQ(beam.take(), 20u);
  beam.offer(3, 30);
  EXPECT_EQ(beam.take(), 30u);
  EXPECT_EQ(beam.take(), 10u);
  EXPECT_FALSE(beam.has_next());
  beam.offer(0, 5);  // Worse than three others.
  EXPECT_FALSE(beam.has_next());
  beam.offer(1.5, 15);
  EXPECT_EQ(beam.take(), 15u);
  EXPECT_FALSE(beam.has_next());
  EXPECT_EQ(held(beam), (std::vector<Candidate>{{3, 30}, {2, 20}, {1.5, 15}}));
}

TEST(graph_beam, rows_are_seen_once) {
  SeenRows seen;
  seen.start(130);
  for (const std::uint32_t row : {0u, 63u, 64u, 129u}) {
    EXPECT_FALSE(seen.has(row));
    EXPECT_TRUE(seen.add(row));
    EXPECT_FALSE(seen.add(row));
    EXPECT_TRUE(seen.has(row));
  }
  EXPECT_FALSE(seen.has(1));
  seen.start(130);
  EXPECT_FALSE(seen.has(64));
}

}  // namespace
}  // namespace quern::store
