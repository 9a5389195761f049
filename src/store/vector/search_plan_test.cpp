#include "store/vector/search_plan.h"

#include <gtest/gtest.h>

namespace quern::store {
namespace {

SearchWay way(std::uint32_t n_allowed, bool has_graph, std::uint64_t n_in_store,
              Exactness exactness = Exactness::kByPlan) {
  return plan_search({.n_rows = 1000000,
                      .n_allowed = n_allowed,
                      .has_graph = has_graph,
                      .n_in_store = n_in_store},
                     exactness)
      .way;
}

TEST(search_plan, nothing_allowed_is_not_searched) {
  for (const Exactness e : {Exactness::kByPlan, Exactness::kExact, Exactness::kGraph}) {
    EXPECT_EQ(way(0, true, 1000000, e), SearchWay::kNone);
  }
}

TEST(search_plan, without_a_graph_few_rows_are_gathered_and_many_scanned) {
  EXPECT_EQ(way(1000000, false, 1000000), SearchWay::kScan);
  EXPECT_EQ(way(250000, false, 1000000), SearchWay::kScan);
  EXPECT_EQ(way(249999, false, 1000000), SearchWay::kGather);
  EXPECT_EQ(way(1, false, 1000000), SearchWay::kGather);
}

TEST(search_plan, a_graph_is_for_large_stores_and_filters_that_leave_much) {
  EXPECT_EQ(way(1000000, true, 1000000), SearchWay::kGraph);
  EXPECT_EQ(way(20001, true, 1000000), SearchWay::kGraph);
  EXPECT_EQ(way(20000, true, 1000000), SearchWay::kGather);
  EXPECT_EQ(way(1000000, true, 300000), SearchWay::kScan);
  EXPECT_EQ(way(1000000, true, 300001), SearchWay::kGraph);
}

TEST(search_plan, an_exact_search_never_uses_a_graph) {
  EXPECT_EQ(way(1000000, true, 1000000, Exactness::kExact), SearchWay::kScan);
  EXPECT_EQ(way(100000, true, 1000000, Exactness::kExact), SearchWay::kGather);
}

TEST(search_plan, a_graph_can_be_forced_where_there_is_one) {
  EXPECT_EQ(way(1, true, 5, Exactness::kGraph), SearchWay::kGraph);
  EXPECT_EQ(way(1, false, 5, Exactness::kGraph), SearchWay::kGather);
}

TEST(search_plan, a_walk_visits_a_quarter_of_the_allowed_rows_at_most) {
  const SegmentPlan plan =
      plan_search({.n_rows = 1000000, .n_allowed = 50000, .has_graph = true, .n_in_store = 1000000},
                  Exactness::kByPlan);
  EXPECT_EQ(plan, (SegmentPlan{SearchWay::kGraph, 12500}));
}

TEST(search_plan, ways_have_names) {
  EXPECT_STREQ(search_way_name(SearchWay::kNone), "none");
  EXPECT_STREQ(search_way_name(SearchWay::kScan), "scan");
  EXPECT_STREQ(search_way_name(SearchWay::kGather), "gather");
  EXPECT_STREQ(search_way_name(SearchWay::kGraph), "graph");
}

}  // namespace
}  // namespace quern::store
