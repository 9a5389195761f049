// Which segments to make one of, so that there are few of them and each document is written few
// times. A pure function of their sizes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quern::store {

struct SegmentSize {
  std::uint32_t n_docs = 0;
  std::uint32_t n_live = 0;
};

/// Places in `sizes` of the next merge's inputs, ascending; empty where nothing is to be done.
///
/// Segments stand in tiers by live documents: below 4,096, below 8 times that, and so on. Eight
/// of a tier become one, the lowest tier first, the smallest of it first, up to 2^20 documents. A
/// segment whose dead are a quarter or more is written anew.
std::vector<std::size_t> choose_merge(std::span<const SegmentSize> sizes);

}  // namespace quern::store
