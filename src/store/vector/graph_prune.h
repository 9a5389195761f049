// Distances between the rows of a segment, and which of a row's candidates it links to.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "store/vector/graph_walk.h"

namespace quern::store {

/// Squared distances between rows by the first plane of their codes; equal codes have exactly 0.
///
/// Of kDot the rows get one more coordinate, sqrt(longest^2 - |x|^2), which makes all of them
/// equally long: then the nearest to a query, whose own is 0, has the largest product.
/// Source: Bachrach et al. 2014, section 3. Threads: any, once made.
class RowDistances {
 public:
  /// Reads all codes. Memory: 4 B a row, 8 of kDot.
  RowDistances(const CodesView& codes, ThreadPool& pool);

  const CodesView& codes() const { return codes_; }

  /// What a row is as a query: its codes, [d_padded].
  void codes_of(std::uint32_t row, std::span<std::int8_t> out) const;

  /// The distances of `row`, whose codes_of these are, to scratch.ids; as scores, minus the
  /// distance, they go to scratch.scores.
  void score(std::uint32_t row, const std::int8_t* codes_of_row, WalkScratch& scratch) const;

 private:
  CodesView codes_;
  std::vector<float> norms2_;  // [n] of what the first planes stand for
  std::vector<float> more_;    // [n] of kDot: the coordinate that is added
};

struct Neighbour {
  float distance = 0;
  std::uint32_t row = 0;
};

struct PruneScratch {
  std::vector<Neighbour> candidates;
  std::vector<std::int8_t> codes;  // [d_padded] of the row that was taken last
  std::vector<bool> is_out;        // [candidates]
  std::vector<std::uint32_t> at;   // Which candidates walk.ids are.
  WalkScratch walk;
};

/// Takes of scratch.candidates the nearest that no nearer one taken before stands in front of,
/// which is where alpha times the distance between them is less than the row's own.
/// Of those at distance 0 it takes `degree / 4`: all would be nothing but each other's neighbours,
/// one alone would leave most of a thousand equal vectors without a link to them.
///
/// Candidates: each row once, not the row itself, in any order; equal distances are ordered by
/// row ^ tie_mask. Returns how many rows went to `out`, at most out.size().
std::size_t prune(const RowDistances& distances, float alpha, std::uint32_t tie_mask,
                  PruneScratch& scratch, std::span<std::uint32_t> out);

}  // namespace quern::store
