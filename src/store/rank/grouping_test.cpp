#include "store/rank/grouping.h"

#include <algorithm>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::store {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> parents_of(const std::vector<HitGroup>& groups) {
  std::vector<std::string> out;
  for (const HitGroup& g : groups) out.emplace_back(g.parent);
  return out;
}

TEST(grouping, worked_example) {
  const std::vector<RankedKey> hits = {{"b#1", 1, 0.5f}, {"a#1", 1, 0.9f}, {"b#2", 1, 0.8f},
                                       {"a#2", 1, 0.1f}, {"b#3", 1, 0.7f}, {"c", 0, 0.85f}};
  const auto groups = group_hits(hits, {.n_groups = 3, .n_children = 2});
  EXPECT_THAT(parents_of(groups), ElementsAre("a", "c", "b"));
  EXPECT_THAT(groups[0].children, ElementsAre(1, 3));
  EXPECT_THAT(groups[1].children, ElementsAre(5));
  EXPECT_THAT(groups[2].children, ElementsAre(2, 4));
  EXPECT_EQ(groups[2].n_found, 3u);
  EXPECT_THAT(parents_of(group_hits(hits, {.n_groups = 1})), ElementsAre("a"));
}

TEST(grouping, more_good_children_break_a_tie_and_then_the_parent) {
  const std::vector<RankedKey> hits = {{"a#1", 1, 0.9f}, {"b#1", 1, 0.9f}, {"b#2", 1, 0.6f},
                                       {"c#1", 1, 0.9f}, {"c#2", 1, 0.6f}, {"z", 0, -2.0f}};
  EXPECT_THAT(parents_of(group_hits(hits, {})), ElementsAre("b", "c", "a", "z"));
}

// Scores of l2 are below zero: more children must not make a group worse.
TEST(grouping, scores_below_zero_are_no_exception) {
  const std::vector<RankedKey> hits = {
      {"a#1", 1, -1}, {"b#1", 1, -1}, {"b#2", 1, -3}, {"c", 0, -9}};
  EXPECT_THAT(parents_of(group_hits(hits, {})), ElementsAre("b", "a", "c"));
}

TEST(grouping, keys_of_any_bytes) {
  const std::string one("\0a", 2), two("\0b", 2), other("\xff\xff", 2);
  const std::vector<RankedKey> hits = {{one, 1, 1}, {two, 1, 2}, {other, 2, 0}};
  const auto groups = group_hits(hits, {});
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].parent, std::string_view("\0", 1));
  EXPECT_THAT(groups[0].children, ElementsAre(1, 0));
  EXPECT_TRUE(group_hits({}, {}).empty());
}

TEST(grouping, does_not_depend_on_the_order_of_hits) {
  std::mt19937 random(1);
  std::vector<std::string> keys;
  for (int i = 0; i < 200; ++i) {
    keys.push_back("p" + std::to_string(i % 17) + "#" + std::to_string(1000 + i));
  }
  std::vector<RankedKey> hits;
  for (const std::string& key : keys) {
    hits.push_back({key, key.find('#'), static_cast<float>(random() % 20) / 16});
  }
  const auto keys_of = [&](const std::vector<HitGroup>& groups) {
    std::vector<std::string_view> out;
    for (const HitGroup& g : groups) {
      for (const std::size_t i : g.children) out.push_back(hits[i].key);
    }
    return out;
  };
  const auto want = keys_of(group_hits(hits, {}));
  for (int round = 0; round < 5; ++round) {
    std::shuffle(hits.begin(), hits.end(), random);
    EXPECT_EQ(keys_of(group_hits(hits, {})), want);
  }
}

}  // namespace
}  // namespace quern::store
