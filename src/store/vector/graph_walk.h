// The walk that both the search and the build take: from the best row met so far to its links,
// until the best `width` rows have all been gone on from.

#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "kernels/codes/codes.h"
#include "store/vector/graph.h"
#include "store/vector/graph_beam.h"
#include "store/vector/vector_scan.h"

namespace quern::store {

/// What a walk needs of memory, used again by the next one.
struct WalkScratch {
  GraphBeam beam;
  SeenRows seen;
  std::vector<std::uint32_t> ids;       // Rows to be scored.
  std::vector<std::uint32_t> next_ids;  // Those behind them, on their way from memory.
  std::vector<std::int32_t> dots;       // [ids]
  std::vector<float> scores;            // [ids]
};

// To the second level: the first can wait for two dozen lines at a time, which are four rows. Of
// 1 M x 384, us a query: 171 and 280 so, 195 and 333 to the first (widths 64 and 128).
inline void prefetch_codes(const CodesView& codes, std::uint32_t row) {
  const int d = kernels::padded_codes(codes.d);
  const std::uint8_t* at = codes.hi.data() + std::size_t{row} * static_cast<std::size_t>(d);
  constexpr int kSecondLevel = 2;
  for (int c = 0; c < d; c += kernels::kCodeLine) __builtin_prefetch(at + c, 0, kSecondLevel);
}

inline void prefetch_links(std::span<const std::uint32_t> links) {
  constexpr std::size_t kPerLine = 16;
  for (std::size_t i = 0; i < links.size(); i += kPerLine) __builtin_prefetch(&links[i]);
}

/// Products of scratch.ids with a query's codes, [d_padded], to scratch.dots.
inline void multiply(const CodesView& codes, const std::int8_t* query, WalkScratch& scratch) {
  const auto n = scratch.ids.size();
  if (scratch.dots.size() < n) scratch.dots.resize(n), scratch.scores.resize(n);
  kernels::code_dots({.rows = codes.hi.data(),
                      .ids = scratch.ids.data(),
                      .n_rows = static_cast<int>(n),
                      .d = kernels::padded_codes(codes.d),
                      .queries = query,
                      .n_queries = 1,
                      .out = scratch.dots.data(),
                      .out_stride = static_cast<std::ptrdiff_t>(n)});
}

/// Walks from what is in the beam. `links_of(row)`: its links, ended by anything that is no row;
/// `score()`: the scores of scratch.ids to scratch.scores; `on_scored(i)`: of whoever wants to
/// know.
///
/// The links of the next row are fetched while those of the one before are scored, so each row is
/// chosen one step early. Ends, whatever the links hold: each row is met once at most.
template <typename LinksOf, typename Score, typename OnScored>
void walk(const CodesView& codes, WalkScratch& scratch, const LinksOf& links_of, const Score& score,
          const OnScored& on_scored) {
  const std::uint32_t n_rows = codes.n();
  const auto meet_next = [&] {
    scratch.next_ids.clear();
    if (!scratch.beam.has_next()) return;
    for (const std::uint32_t link : links_of(scratch.beam.take())) {
      if (link >= n_rows) break;
      if (!scratch.seen.add(link)) continue;
      prefetch_codes(codes, link);
      scratch.next_ids.push_back(link);
    }
    if (scratch.beam.has_next()) prefetch_links(links_of(scratch.beam.peek()));
  };
  scratch.ids.clear();
  while (true) {
    meet_next();
    if (!scratch.ids.empty()) score();
    for (std::size_t i = 0; i < scratch.ids.size(); ++i) {
      scratch.beam.offer(scratch.scores[i], scratch.ids[i]);
      on_scored(i);
    }
    if (scratch.next_ids.empty() && !scratch.beam.has_next()) return;
    if (scratch.beam.has_next()) prefetch_links(links_of(scratch.beam.peek()));
    std::swap(scratch.ids, scratch.next_ids);
  }
}

}  // namespace quern::store
