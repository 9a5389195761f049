// Hits that are not all the same: each next one is the best by its score less its likeness to those
// that stand before it.
//
// Source: Carbonell and Goldstein 1998, "The Use of MMR, Diversity-Based Reranking".

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "text/analysis/analyzer.h"

namespace quern::store {

struct DiversitySpec {
  std::size_t n_wanted = 10;
  float relevance = 0.7f;  // 1: scores alone; 0: likeness alone.
};

/// out[i] gets how alike hits `chosen` and i are: 0 for nothing in common, 1 for the same.
using LikenessToAll = std::function<void(std::size_t chosen, std::span<float> out)>;

/// The hits to give, in order, by index: of each the marginal relevance
///   relevance * r - (1 - relevance) * max over those before of their likeness
/// is the largest that is left; r is its score between the lowest (0) and the highest (1) of all,
/// or 1/2 where all are equal. Of equal ones the first in `scores` [n] comes first.
/// Asks for n_wanted likenesses to all.
std::vector<std::size_t> diversify(std::span<const float> scores, const LikenessToAll& likeness,
                                   const DiversitySpec& spec);

/// The cosine of vectors by the first plane of their codes (vector/codes.h), no less than 0.
class VectorLikeness {
 public:
  /// rows [n, padded_codes(d)], which outlive this: those of the hits, of one without a vector
  /// 128s.
  VectorLikeness(std::span<const std::uint8_t> rows, int d);

  void operator()(std::size_t chosen, std::span<float> out) const;

 private:
  std::span<const std::uint8_t> rows_;
  int d_;                     // Padded.
  std::vector<float> norms_;  // [n]
};

/// Ascending checksums of a text's terms: a hit without a vector.
using TermSet = std::vector<std::uint64_t>;
TermSet term_set(text::Analyzer& analyzer, std::string_view utf8);

/// What two hits share of all terms that either has.
class TermLikeness {
 public:
  /// sets [n], which outlive this.
  explicit TermLikeness(std::span<const TermSet> sets) : sets_(sets) {}

  void operator()(std::size_t chosen, std::span<float> out) const;

 private:
  std::span<const TermSet> sets_;
};

}  // namespace quern::store
