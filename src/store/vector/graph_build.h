// Builds the graph of a segment's vectors: batches of rows search the graph of the batches before
// them, all at once, and link to what they find; then those that were found link back. A batch sees
// nothing of itself, so the links are the same for any number of threads.
//
// Source: Manohar et al. 2024 (ParlayANN), section 4.

#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "base/thread_pool.h"
#include "store/vector/graph.h"
#include "store/vector/vector_scan.h"

namespace quern::store {

struct GraphOptions {
  int degree = 32;       // Links of a row, 4 to kMaxDegree.
  int slack = 16;        // So many more are held before they are pruned, while building.
  int width = 100;       // Of the search that finds a row's candidates.
  float alpha = 1.1f;    // How readily a link stands in front of another, of squared distances.
  int batch_share = 50;  // A batch has at most one of so many rows.
};

/// The largest memory of a build, its result included.
std::size_t graph_build_bytes(std::uint32_t n, int d, const GraphOptions& options, int n_threads);

/// Of those rows that are `present` (null: all). Others have no links, and none leads to them.
///
/// Threads: of `pool`, in slices of about 2 ms, between which Pace::current() is asked.
/// Errors: kCancelled when the pace stopped it.
Result<Graph> build_graph(const CodesView& codes, AllowedRows present, const GraphOptions& options,
                          ThreadPool& pool);

}  // namespace quern::store
