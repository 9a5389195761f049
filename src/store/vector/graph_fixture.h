// Graphs of made-up vectors for the tests of this folder.

#pragma once

#include <gtest/gtest.h>

#include "store/filter/bitmap.h"
#include "store/vector/graph_build.h"
#include "store/vector/graph_search.h"
#include "store/vector/test_vectors.h"

namespace quern::store {

inline CodedRows falling_rows(Metric metric, int d, std::uint32_t n) {
  CodedRows rows(metric, d);
  for (std::uint32_t i = 0; i < n; ++i) EXPECT_TRUE(rows.add(falling_vector(d, i)).ok());
  return rows;
}

inline Graph built(const CodedRows& rows, int n_threads = 2, const GraphOptions& options = {}) {
  ThreadPool pool(n_threads);
  auto graph = build_graph(rows.view(), nullptr, options, pool);
  EXPECT_TRUE(graph.ok()) << graph.status().message();
  return *std::move(graph);
}

inline std::vector<VectorQuery> falling_queries(Metric metric, int d, unsigned n) {
  std::vector<VectorQuery> out;
  for (unsigned i = 0; i < n; ++i) {
    auto query = make_query(falling_vector(d, 1000000 + i), d, metric);
    EXPECT_TRUE(query.ok());
    out.push_back(*query);
  }
  return out;
}

inline std::vector<Candidate> exactly(const VectorQuery& query, const CodedRows& rows,
                                      AllowedRows allowed, std::size_t k) {
  auto best = nearest(query, rows.view(), rows.read_low(), allowed, k, ThreadPool::serial());
  EXPECT_TRUE(best.ok()) << best.status().message();
  return *std::move(best);
}

/// How many of the true ones were found; one of an equal score is as good. In [0, 1].
inline double recall(const std::vector<Candidate>& found, const std::vector<Candidate>& exact) {
  if (exact.empty()) return 1;
  double n = 0;
  for (const Candidate& c : found) n += c.score >= exact.back().score;
  return n / static_cast<double>(exact.size());
}

}  // namespace quern::store
