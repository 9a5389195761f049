// The best documents of one segment for a lexical query.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "store/lexical/lexical_part.h"
#include "store/lexical/lexical_query.h"
#include "store/lexical/scored_list.h"

namespace quern::store {

struct SearchLimits {
  std::uint32_t n_wanted = 10;
  double min_score = 0;  // What scores less is left out: another segment has enough that is better.
  std::span<const std::uint64_t> allowed = {};  // [n_docs] bits; empty: all.
};

/// The meaning: each document is scored in full. The best first, of equal scores the first
/// document. `query` was prepared. Errors: kBadInput, damaged, or as find_phrase and find_prefix.
Result<std::vector<ScoredDoc>> search_exhaustively(const LexicalPart& part,
                                                   const LexicalQuery& query,
                                                   const SearchLimits& limits);

/// The same to the last bit, without looking at what cannot be among the best: windowed block-max
/// MAXSCORE where no clause must match, else from the rarest of those that must.
/// Source: Turtle and Flood 1995; Ding and Suel 2011 (block bounds); Lucene's MaxScoreBulkScorer.
Result<std::vector<ScoredDoc>> search_part(const LexicalPart& part, const LexicalQuery& query,
                                           const SearchLimits& limits);

}  // namespace quern::store
