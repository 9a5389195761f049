// Phrases and prefixes in one segment: the documents that have them, found before scoring begins.

#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "store/lexical/lexical_part.h"
#include "store/lexical/lexical_query.h"
#include "store/lexical/scored_list.h"

namespace quern::store {

/// How often a phrase occurs where its i-th term is at positions[i], which ascend. With slop 0: the
/// number of places with every term at its offset. Else the sum of 1 / (1 + distance) over close
/// sets of one position of each term, where the distance is how far, without their offsets, the
/// last lies behind the first, at most slop. Terms that are equal do not share a position. Source:
/// Lucene's ExactPhraseMatcher and SloppyPhraseMatcher.
float phrase_frequency(std::span<const std::vector<std::uint32_t>> positions,
                       const QueryPart& phrase);

/// The documents that have the phrase, and what it scores in each: BM25 of its frequency.
/// Errors: kBadInput, damaged, or positions of this field are not kept.
Result<std::vector<ScoredDoc>> find_phrase(const LexicalPart& part, const QueryPart& phrase,
                                           const InverseNorms& inverse_norms);

/// Adds the terms that begin so, until there are more than kMaxPrefixTerms. Errors: kBadInput,
/// damaged.
Status collect_terms(const LexicalPart& part, const QueryPart& prefix,
                     std::set<std::string, std::less<>>& terms);

/// The documents with any term that begins so, each with the part's weight as its score.
/// Errors: kBadInput, damaged, or more than kMaxPrefixTerms terms.
Result<std::vector<ScoredDoc>> find_prefix(const LexicalPart& part, const QueryPart& prefix);

}  // namespace quern::store
