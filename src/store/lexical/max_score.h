// Searches that leave out what cannot be among the best. lexical_search_test.cpp holds them against
// the exhaustive one.

#pragma once

#include <cstdint>
#include <span>

#include "store/lexical/best_docs.h"
#include "store/lexical/clause_lists.h"
#include "store/lexical/lexical_search.h"

namespace quern::store {

/// Documents with any clause of kShould and none of kMustNot; there is no other. In each window of
/// documents the lists that together cannot lift one over the bar are only asked about documents of
/// the other lists.
void search_any(std::span<ClauseLists> clauses, std::uint32_t n_docs, const SearchLimits& limits,
                BestDocs& best);

/// Documents with all clauses of kMust and none of kMustNot, scored by those of kShould too. The
/// rarest clause of kMust leads, and the others are asked about its documents.
void search_all(std::span<ClauseLists> clauses, std::uint32_t n_docs, const SearchLimits& limits,
                BestDocs& best);

}  // namespace quern::store
