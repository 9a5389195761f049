// The union of what both sides of a search found, each document with both scores: what a side did
// not find itself is scored there too, so no score is made up.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "store/dense_search.h"
#include "store/lexical/doc_signals.h"
#include "store/lexical/lexical_query.h"
#include "store/lexical_find.h"
#include "store/rank/fusion_fit.h"

namespace quern::store {

/// Candidates of both sides for one question: what is fused, and what a fusion is fitted on.
struct Candidates {
  FusionQuery query;
  std::vector<std::string> keys = {};         // By Scored::id: ascending.
  std::vector<std::uint32_t> n_parents = {};  // By Scored::id.
  std::vector<DocPlace> places = {};          // By Scored::id.
  std::vector<bool> has_vector = {};          // By Scored::id.
};

/// With the signals that are wanted. `lexical` and `dense` are each side's best, in order; `query`
/// was prepared. A document that the query excludes (+, -) is left out; one without a vector has
/// the lowest dense score of all. Errors: as signals_of and dense_scores.
Result<Candidates> unite(const DenseSearch& search, const LexicalQuery& query,
                         const std::vector<FoundDoc>& lexical, const std::vector<NearDoc>& dense,
                         Signals wanted);

}  // namespace quern::store
