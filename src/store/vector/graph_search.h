// The search of a graph: the best rows by the first plane among those that the walk meets, most
// often the best of all.
//
// Under a filter that leaves many rows everything is walked and the allowed rows are kept; under
// one that leaves few only allowed rows are scored, and rows that are not allowed are looked
// through to their links. Source: Patel et al. 2024 (ACORN-1), as Lucene and Qdrant have it.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "base/thread_pool.h"
#include "store/vector/graph.h"
#include "store/vector/graph_walk.h"
#include "store/vector/rescore.h"
#include "store/vector/vector_scan.h"

namespace quern::store {

/// How wide a search for the best k walks: 48 times the exact scan's rate among a million made-up
/// vectors, with 0.92 of the ten; real ones are easier (docs/performance.md).
inline std::size_t graph_width(std::size_t k) { return std::max<std::size_t>(384, k + k / 2); }

struct GraphSearch {
  std::size_t width = 96;  // Rows that are gone on from, at least as many as are asked for.
  AllowedRows allowed = nullptr;
  std::uint32_t n_allowed = 0;  // Their number; all rows where allowed is null.
  /// After so many visits the walk is given up: of rows, and four for each list looked through.
  std::uint32_t max_visits = 0xFFFFFFFF;
};

enum class GraphEnd : std::uint8_t {
  kDone,
  kTooFar,  // max_visits came first.
  kStuck,   // Fewer rows were found than there are and are wanted: the links do not reach them.
};

struct GraphVisits {
  GraphEnd end = GraphEnd::kDone;
  std::uint32_t n_scored = 0;
  std::uint32_t n_looked_through = 0;
};

/// What a search needs of memory. One that is used again allocates nothing. Threads: one each.
struct GraphScratch {
  WalkScratch walk;
  SeenRows seen_through;
  std::vector<std::uint32_t> entries;
  std::vector<std::uint32_t> through;  // Rows to be looked through, in order.
};

/// Offers the best rows to `top`; whatever the end, they are allowed ones.
///
/// Links of any numbers do no harm. Errors: none; wrong shapes are bugs.
GraphVisits search_graph(const VectorQuery& query, const CodesView& codes, const GraphView& graph,
                         const GraphSearch& how, GraphScratch& scratch, TopCandidates& top);

/// So many candidates of a graph are scored again. Fewer than of a scan: of a row that the first
/// plane places so much lower the walk may have known nothing either.
inline std::size_t n_to_rescore_approximately(std::size_t k) { return k + 32; }

/// What nearest_by_graph did.
struct GraphAnswer {
  std::vector<Candidate> best;
  GraphVisits visits;
  bool is_exact = false;  // The walk was given up, and all allowed rows were read.
};

/// The best k rows by both planes; exactly those of nearest() where the walk does not get there.
///
/// Errors: as nearest.
Result<GraphAnswer> nearest_by_graph(const VectorQuery& query, const CodesView& codes,
                                     const GraphView& graph, const ReadLow& read_low,
                                     const GraphSearch& how, std::size_t k, GraphScratch& scratch,
                                     ThreadPool& pool);

}  // namespace quern::store
