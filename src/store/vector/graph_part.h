// The graph of a segment's vectors on disk: two sections, docs/format_vectors.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "store/byte_sink.h"
#include "store/vector/graph.h"
#include "store/vector/vector_scan.h"

namespace quern::store {

/// Where the sections go, each as one piece.
struct GraphSinks {
  ByteSink links, landmarks, landmark_rows;
};

/// Errors: those of the sinks.
Status write_graph(const Graph& graph, const GraphSinks& sinks);

/// As mapped.
struct GraphSections {
  std::span<const std::byte> links;
  std::span<const std::byte> landmarks;
  std::span<const std::byte> landmark_rows;
};

/// The graph of sections that outlive it, over the codes of as many rows. Reads the landmarks;
/// links may hold anything: a search follows none that leads nowhere.
///
/// Errors: kBadInput naming the section whose length, place or landmark is wrong.
Result<GraphView> open_graph(const GraphSections& sections, std::uint32_t n_rows, int d);

/// Reads all links. Errors: kBadInput naming the first row whose list is not as build_graph writes
///   it: rows that are there, each once, and not the row itself, then nothing but kNoLink; or the
///   first landmark whose copy is not its row.
Status verify_graph(const GraphView& graph, const CodesView& codes);

}  // namespace quern::store
