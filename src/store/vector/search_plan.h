// Which way a segment's vectors are searched: a pure function of a few numbers, nothing measured
// when it runs, so that equal stores answer alike.

#pragma once

#include <cstdint>

namespace quern::store {

/// Vectors of a segment from which a graph is worth its building.
inline constexpr std::uint32_t kGraphFrom = 100000;

enum class SearchWay : std::uint8_t {
  kNone,    // No row is allowed.
  kScan,    // All codes are read in order.
  kGather,  // The codes of the allowed rows are.
  kGraph,   // The graph is walked.
};

/// "none", "scan", "gather", "graph".
const char* search_way_name(SearchWay way);

enum class Exactness : std::uint8_t {
  kByPlan,
  kExact,  // Never a graph.
  kGraph,  // A graph wherever there is one: for measurements.
};

/// The constants of the plan. Where they come from: docs/performance.md.
struct SearchRules {
  std::uint64_t exact_vectors = 300000;  // In the whole store; up to here a scan is fast enough.
  std::uint32_t gathered_rows = 20000;   // Allowed rows that are read sooner than walked to.
  std::uint32_t scan_share = 4;          // From one allowed row in so many on, all are read.
  std::uint32_t visits_share = 4;        // A walk may visit one in so many of the allowed rows.
};

/// What is known before a segment is searched.
struct SegmentVectors {
  std::uint32_t n_rows = 0;
  std::uint32_t n_allowed = 0;
  bool has_graph = false;
  std::uint64_t n_in_store = 0;  // Live vectors of all segments.
};

struct SegmentPlan {
  SearchWay way = SearchWay::kNone;
  std::uint32_t max_visits = 0;  // Of kGraph; then the allowed rows are read, so that the worst
                                 // costs twice what reading them would have.

  bool operator==(const SegmentPlan&) const = default;
};

SegmentPlan plan_search(const SegmentVectors& segment, Exactness exactness,
                        const SearchRules& rules = {});

}  // namespace quern::store
