// The exact scan: all codes are read, or those that a filter allows, and the best rows by the
// first plane are kept. Products are integers: the answer is the same for any number of threads,
// any instruction set, and whatever queries are beside. rescore.h makes final scores of it.

#pragma once

#include <cstdint>
#include <span>

#include "base/status.h"
#include "base/thread_pool.h"
#include "store/vector/codes.h"
#include "store/vector/top_candidates.h"

namespace quern::store {

/// The vectors of a segment, as mapped. Everything is borrowed.
struct CodesView {
  Metric metric = Metric::kCosine;
  int d = 0;
  std::span<const std::uint8_t> hi;  // [n, padded_codes(d)]
  std::span<const float> scales;     // [n]
  std::span<const float> norms2;     // [n] for kL2; else it may be empty

  std::uint32_t n() const { return static_cast<std::uint32_t>(scales.size()); }
};

/// Some of a segment's rows: null for all, else the words of a bitmap, a bit per row, those behind
/// the last row 0.
using AllowedRows = const std::span<const std::uint64_t>*;

/// For each query its best rows by the first plane, offered to tops[query]. Scores compare across
/// segments, so the threshold of one may be the floor of the next. Up to kMaxCodeQueries queries
/// share one reading.
///
/// Threads: of `pool`. Asks Pace::current() between parts of about a millisecond.
/// Errors: kCancelled when the pace stopped it.
Status scan_codes(std::span<const VectorQuery> queries, const CodesView& codes, AllowedRows allowed,
                  ThreadPool& pool, std::span<TopCandidates> tops);

}  // namespace quern::store
