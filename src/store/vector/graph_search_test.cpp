#include "store/vector/graph_search.h"

#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "kernels/codes/codes_isa.h"
#include "store/vector/graph_fixture.h"
#include "store/vector/search_plan.h"

namespace quern::store {
namespace {

constexpr int kD = 48;
constexpr std::uint32_t kRows = 6000;

/// Built once for all tests of one metric.
struct Built {
  CodedRows rows;
  Graph graph;

  static const Built& of(Metric metric) {
    static const Built cosine(Metric::kCosine), dot(Metric::kDot), l2(Metric::kL2);
    return metric == Metric::kCosine ? cosine : metric == Metric::kDot ? dot : l2;
  }

 private:
  explicit Built(Metric metric) : rows(falling_rows(metric, kD, kRows)), graph(built(rows)) {}
};

Result<GraphAnswer> search(const Built& b, const VectorQuery& query, const GraphSearch& how,
                           GraphScratch& scratch, std::size_t k = 10) {
  return nearest_by_graph(query, b.rows.view(), b.graph.view(), b.rows.read_low(), how, k, scratch,
                          ThreadPool::serial());
}

Bitmap random_rows(double share, unsigned seed) {
  std::mt19937 random(seed);
  std::bernoulli_distribution is_in(share);
  Bitmap out(kRows);
  for (std::uint32_t row = 0; row < kRows; ++row) {
    if (is_in(random)) out.set(row);
  }
  return out;
}

TEST(graph_search, finds_most_of_what_a_scan_finds_by_every_metric) {
  GraphScratch scratch;
  for (const Metric metric : {Metric::kCosine, Metric::kDot, Metric::kL2}) {
    const Built& b = Built::of(metric);
    const auto queries = falling_queries(metric, kD, 100);
    double sum = 0;
    std::uint32_t n_scored = 0;
    for (const VectorQuery& query : queries) {
      const auto answer = search(b, query, {}, scratch);
      ASSERT_TRUE(answer.ok());
      EXPECT_FALSE(answer->is_exact);
      n_scored += answer->visits.n_scored;
      sum += recall(answer->best, exactly(query, b.rows, nullptr, 10));
    }
    EXPECT_GE(sum / 100, 0.95) << metric_name(metric);
    EXPECT_LT(n_scored / 100, kRows / 3) << metric_name(metric);
  }
}

TEST(graph_search, scores_are_those_of_the_scan) {
  const Built& b = Built::of(Metric::kL2);
  GraphScratch scratch;
  const auto query = falling_queries(Metric::kL2, kD, 1)[0];
  TopCandidates by_graph(500), by_scan(kRows);
  const auto view = b.rows.view();
  search_graph(query, view, b.graph.view(), {.width = 500}, scratch, by_graph);
  ASSERT_TRUE(scan_codes({&query, 1}, view, nullptr, ThreadPool::serial(), {&by_scan, 1}).ok());
  std::vector<float> score_of(kRows);
  for (const Candidate& c : by_scan.take()) score_of[c.id] = c.score;
  const auto found = by_graph.take();
  ASSERT_EQ(found.size(), 500u);
  for (const Candidate& c : found) EXPECT_EQ(c.score, score_of[c.id]);
}

TEST(graph_search, under_filters_by_plan_and_forced) {
  GraphScratch scratch;
  for (const Metric metric : {Metric::kCosine, Metric::kDot, Metric::kL2}) {
    const Built& b = Built::of(metric);
    const auto queries = falling_queries(metric, kD, 40);
    for (const double share : {0.9, 0.5, 0.1, 0.01, 0.001}) {
      const Bitmap allowed = random_rows(share, 5);
      const auto words = allowed.words();
      for (const Exactness exactness : {Exactness::kByPlan, Exactness::kGraph}) {
        const SegmentPlan plan = plan_search(
            {.n_rows = kRows, .n_allowed = allowed.count(), .has_graph = true, .n_in_store = kRows},
            exactness, {.exact_vectors = 0, .gathered_rows = 100});
        double sum = 0;
        for (const VectorQuery& query : queries) {
          const auto exact = exactly(query, b.rows, &words, 10);
          if (plan.way != SearchWay::kGraph) {
            ++sum;
            continue;
          }
          const auto answer = search(
              b, query,
              {.allowed = &words, .n_allowed = allowed.count(), .max_visits = plan.max_visits},
              scratch);
          ASSERT_TRUE(answer.ok());
          EXPECT_LE(answer->visits.n_scored + answer->visits.n_looked_through,
                    share >= 0.15 ? kRows : plan.max_visits + 400);
          for (const Candidate& c : answer->best) EXPECT_TRUE(allowed.has(c.id));
          sum += recall(answer->best, exact);
        }
        EXPECT_GE(sum / 40, 0.95) << metric_name(metric) << " " << share;
      }
    }
  }
}

// What a filter allows lies on the far side of everything: a walk towards the query never meets it.
TEST(graph_search, a_filter_that_turns_away_from_the_query_is_answered_all_the_same) {
  const Built& b = Built::of(Metric::kCosine);
  GraphScratch scratch;
  for (const VectorQuery& query : falling_queries(Metric::kCosine, kD, 10)) {
    for (const std::size_t n_far : {3000u, 600u, 30u}) {
      const auto all = exactly(query, b.rows, nullptr, kRows);
      Bitmap allowed(kRows);
      for (std::size_t i = kRows - n_far; i < kRows; ++i) allowed.set(all[i].id);
      const auto words = allowed.words();
      const auto answer = search(
          b, query,
          {.allowed = &words, .n_allowed = allowed.count(), .max_visits = allowed.count() / 4},
          scratch);
      ASSERT_TRUE(answer.ok());
      EXPECT_GE(recall(answer->best, exactly(query, b.rows, &words, 10)), 0.9) << n_far;
    }
  }
}

TEST(graph_search, a_walk_that_is_given_up_leaves_the_exact_answer) {
  const Built& b = Built::of(Metric::kCosine);
  GraphScratch scratch;
  const Bitmap allowed = random_rows(0.1, 9);
  const auto words = allowed.words();
  for (const VectorQuery& query : falling_queries(Metric::kCosine, kD, 5)) {
    const auto answer = search(
        b, query, {.allowed = &words, .n_allowed = allowed.count(), .max_visits = 3}, scratch);
    ASSERT_TRUE(answer.ok());
    EXPECT_TRUE(answer->is_exact);
    EXPECT_EQ(answer->visits.end, GraphEnd::kTooFar);
    EXPECT_EQ(answer->best, exactly(query, b.rows, &words, 10));
  }
}

TEST(graph_search, nothing_allowed_is_nothing_found) {
  const Built& b = Built::of(Metric::kCosine);
  GraphScratch scratch;
  const Bitmap none(kRows);
  const auto words = none.words();
  const auto answer = search(b, falling_queries(Metric::kCosine, kD, 1)[0],
                             {.allowed = &words, .n_allowed = 0}, scratch);
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer->best.empty());
}

TEST(graph_search, of_no_one_and_two_rows) {
  GraphScratch scratch;
  for (const std::uint32_t n : {0u, 1u, 2u}) {
    const CodedRows rows = falling_rows(Metric::kCosine, kD, n);
    const Graph graph = built(rows);
    const auto query = falling_queries(Metric::kCosine, kD, 1)[0];
    const auto answer = nearest_by_graph(query, rows.view(), graph.view(), rows.read_low(), {}, 10,
                                         scratch, ThreadPool::serial());
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->best, exactly(query, rows, nullptr, 10));
  }
}

TEST(graph_search, is_the_same_by_every_isa_and_whatever_was_searched_before) {
  const Built& b = Built::of(Metric::kCosine);
  const auto queries = falling_queries(Metric::kCosine, kD, 10);
  std::vector<std::vector<Candidate>> want;
  for (const VectorQuery& query : queries) {
    GraphScratch fresh;
    want.push_back(search(b, query, {}, fresh)->best);
  }
  const kernels::CodesIsa& before = kernels::codes_active();
  GraphScratch scratch;
  for (const kernels::CodesIsa* isa : kernels::codes_runnable()) {
    kernels::codes_set_active(*isa);
    for (std::size_t q = 0; q < queries.size(); ++q) {
      EXPECT_EQ(search(b, queries[q], {}, scratch)->best, want[q]) << isa->isa;
    }
  }
  kernels::codes_set_active(before);
}

TEST(graph_search, scratch_is_used_again) {
  const Built& b = Built::of(Metric::kCosine);
  const auto queries = falling_queries(Metric::kCosine, kD, 1);
  GraphScratch scratch;
  TopCandidates top(50);
  const auto run = [&] {
    search_graph(queries[0], b.rows.view(), b.graph.view(), {.width = 200}, scratch, top);
  };
  run();
  const auto* ids = scratch.walk.ids.data();
  const auto* dots = scratch.walk.dots.data();
  const auto* scores = scratch.walk.scores.data();
  run();
  EXPECT_EQ(scratch.walk.ids.data(), ids);
  EXPECT_EQ(scratch.walk.dots.data(), dots);
  EXPECT_EQ(scratch.walk.scores.data(), scores);
}

TEST(graph_search, damaged_links_do_no_harm) {
  const Built& b = Built::of(Metric::kCosine);
  GraphScratch scratch;
  std::mt19937 random(1);
  const Bitmap some = random_rows(0.2, 2), most = random_rows(0.8, 3);
  for (const unsigned per_1000 : {10u, 300u, 1000u}) {
    Graph graph = b.graph;
    for (std::uint32_t& link : graph.links) {
      if (random() % 1000 < per_1000)
        link = static_cast<std::uint32_t>(random() % 3 == 0 ? random() : random() % kRows);
    }
    for (const Bitmap* allowed : {static_cast<const Bitmap*>(nullptr), &some, &most}) {
      const auto words = allowed ? allowed->words() : std::span<const std::uint64_t>();
      const GraphSearch how{.allowed = allowed ? &words : nullptr,
                            .n_allowed = allowed ? allowed->count() : 0};
      const auto answer =
          nearest_by_graph(falling_queries(Metric::kCosine, kD, 1)[0], b.rows.view(), graph.view(),
                           b.rows.read_low(), how, 10, scratch, ThreadPool::serial());
      ASSERT_TRUE(answer.ok());
      for (const Candidate& c : answer->best) {
        EXPECT_TRUE(c.id < kRows && (!allowed || allowed->has(c.id)));
      }
    }
  }
}

TEST(graph_search, factors_that_are_no_numbers_do_no_harm) {
  CodedRows rows = falling_rows(Metric::kL2, kD, 500);
  const Graph graph = built(rows);
  for (std::size_t i = 0; i < 500; i += 2) {
    rows.scales[i] = std::numeric_limits<float>::quiet_NaN();
  }
  GraphScratch scratch;
  TopCandidates top(20);
  search_graph(falling_queries(Metric::kL2, kD, 1)[0], rows.view(), graph.view(), {}, scratch, top);
  for (const Candidate& c : top.take()) EXPECT_EQ(c.id % 2, 1u);
}

}  // namespace
}  // namespace quern::store
