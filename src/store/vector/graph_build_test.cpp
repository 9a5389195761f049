#include "store/vector/graph_build.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "base/pace.h"
#include "store/vector/graph_fixture.h"
#include "store/vector/graph_part.h"

namespace quern::store {
namespace {

constexpr int kD = 24;

TEST(graph_build, links_are_the_same_for_any_number_of_threads) {
  for (const Metric metric : {Metric::kCosine, Metric::kDot}) {
    const CodedRows rows = falling_rows(metric, kD, 3000);
    const Graph one = built(rows, 1);
    for (const int n_threads : {2, 5}) {
      const Graph graph = built(rows, n_threads);
      EXPECT_EQ(graph.links, one.links) << n_threads;
      EXPECT_EQ(graph.landmarks, one.landmarks);
      EXPECT_EQ(graph.landmark_rows, one.landmark_rows);
    }
  }
}

TEST(graph_build, lists_are_such_as_a_reader_wants_them) {
  const CodedRows rows = falling_rows(Metric::kL2, kD, 2000);
  const Graph graph = built(rows);
  EXPECT_EQ(graph.degree, 32);
  EXPECT_EQ(graph.links.size(), 2000u * 32);
  EXPECT_TRUE(verify_graph(graph.view(), rows.view()).ok());
  EXPECT_EQ(graph.n_unreachable, 0u);
  EXPECT_EQ(graph.landmarks.size(), 2000u / 64);
  for (std::uint32_t row = 0; row < 2000; ++row) {
    EXPECT_NE(graph.view().links_of(row)[0], kNoLink) << row;
  }
}

TEST(graph_build, of_no_one_and_two_rows) {
  for (const std::uint32_t n : {0u, 1u, 2u}) {
    const CodedRows rows = falling_rows(Metric::kCosine, kD, n);
    const Graph graph = built(rows);
    EXPECT_EQ(graph.links.size(), n * 32u);
    EXPECT_EQ(graph.landmarks.size(), std::min(n, 1u));
    EXPECT_EQ(graph.n_unreachable, 0u);
    if (n < 2) continue;
    EXPECT_EQ(graph.links[0], 1u);
    EXPECT_EQ(graph.links[32], 0u);
    EXPECT_EQ(graph.links[1], kNoLink);
  }
}

// Clusters whose rows have more near neighbours than links: without landmarks of their own most
// of them could not be reached.
TEST(graph_build, far_clusters_are_reached) {
  CodedRows rows(Metric::kL2, kD);
  constexpr unsigned kClusters = 40;
  for (unsigned i = 0; i < 2400; ++i) {
    std::vector<float> x = falling_vector(kD, i);
    const std::vector<float> centre = falling_vector(kD, 777777 + i % kClusters);
    for (std::size_t c = 0; c < x.size(); ++c) x[c] += 10 * centre[c];
    ASSERT_TRUE(rows.add(x).ok());
  }
  const Graph graph = built(rows);
  EXPECT_EQ(graph.n_unreachable, 0u);
  GraphScratch scratch;
  for (unsigned row = 0; row < 2400; row += 37) {
    const auto query = make_query(rows.originals[row], kD, Metric::kL2);
    const auto answer = nearest_by_graph(*query, rows.view(), graph.view(), rows.read_low(), {}, 1,
                                         scratch, ThreadPool::serial());
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->best[0].id, row);
  }
}

TEST(graph_build, a_thousand_equal_vectors_do_not_cut_off_the_others_nor_each_other) {
  CodedRows rows(Metric::kCosine, kD);
  for (unsigned i = 0; i < 4000; ++i) {
    ASSERT_TRUE(rows.add(falling_vector(kD, i % 4 != 0 ? 0 : i)).ok());
  }
  const Graph graph = built(rows);
  EXPECT_EQ(graph.n_unreachable, 0u);
  EXPECT_LT(graph.landmarks.size(), 80u);
  GraphScratch scratch;
  double sum = 0;
  const auto queries = falling_queries(Metric::kCosine, kD, 50);
  for (const VectorQuery& query : queries) {
    const auto answer = nearest_by_graph(query, rows.view(), graph.view(), rows.read_low(), {}, 10,
                                         scratch, ThreadPool::serial());
    ASSERT_TRUE(answer.ok());
    sum += recall(answer->best, exactly(query, rows, nullptr, 10));
  }
  EXPECT_GE(sum / 50, 0.95);
  const auto query = make_query(rows.originals[0], kD, Metric::kCosine);
  const auto answer = nearest_by_graph(*query, rows.view(), graph.view(), rows.read_low(), {}, 10,
                                       scratch, ThreadPool::serial());
  EXPECT_EQ(recall(answer->best, exactly(*query, rows, nullptr, 10)), 1.0);
}

TEST(graph_build, nothing_leads_to_rows_that_are_not_there) {
  CodedRows rows = falling_rows(Metric::kCosine, kD, 1500);
  Bitmap present = Bitmap::all(1500);
  for (std::uint32_t row = 0; row < 1500; row += 3) present.clear(row);
  const auto words = present.words();
  ThreadPool pool(2);
  const auto graph = build_graph(rows.view(), &words, {}, pool);
  ASSERT_TRUE(graph.ok());
  for (std::uint32_t row = 0; row < 1500; ++row) {
    for (const std::uint32_t link : graph->view().links_of(row)) {
      if (link == kNoLink) break;
      EXPECT_TRUE(present.has(row) && present.has(link)) << row << " to " << link;
    }
  }
  for (const std::uint32_t row : graph->landmarks) EXPECT_TRUE(present.has(row));
  EXPECT_EQ(graph->n_unreachable, 0u);
}

TEST(graph_build, leaves_when_nobody_wants_it) {
  class StopsLater : public Pace {
   public:
    mutable int n_asked = 0;

   private:
    bool stop_asked() const override { return ++n_asked > 5; }
  } pace;
  const CodedRows rows = falling_rows(Metric::kCosine, kD, 1000);
  const Pace::Scope scope(pace);
  ThreadPool pool(1);
  EXPECT_EQ(build_graph(rows.view(), nullptr, {}, pool).status().code(), Code::kCancelled);
  EXPECT_LT(pace.n_asked, 20);
}

TEST(graph_build, says_how_much_memory_it_takes) {
  const GraphOptions options;
  const Graph graph = built(falling_rows(Metric::kCosine, kD, 3000));
  EXPECT_GE(graph_build_bytes(3000, kD, options, 1),
            (graph.links.size() * 2 + 3000 * options.slack) * 4 + graph.landmark_rows.size());
  EXPECT_LT(graph_build_bytes(1000000, 384, options, 8), 400u << 20);
}

}  // namespace
}  // namespace quern::store
