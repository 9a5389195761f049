// The best documents for a prepared lexical query, over a state of a store.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/dense_search.h"
#include "store/lexical/lexical_query.h"
#include "store/lexical/lexical_search.h"
#include "store/segment/keys.h"

namespace quern::store {

enum class Effort {
  kEnough,  // What cannot be among the best is not looked at. The answer is the same.
  kAll,     // Every document is scored in full.
};

struct FoundDoc {
  DocPlace place;
  double score = 0;
  Key key;
};

/// Everything is borrowed.
struct LexicalFind {
  const Generation* generation = nullptr;
  const LexicalQuery* query = nullptr;   // Prepared.
  const AllowedDocs* allowed = nullptr;  // Null: all that live.
  std::uint32_t n_wanted = 10;
  Effort effort = Effort::kEnough;
};

/// The best first; of equal scores the smaller key. The same whatever segments the documents lie
/// in. Errors: kBadInput, damaged; as search_part.
Result<std::vector<FoundDoc>> find_docs(const LexicalFind& wanted);

/// Those of one segment; `allowed` null: all that live. Errors: as find_docs.
Result<std::vector<ScoredDoc>> find_in_segment(const SegmentView& view, const LexicalQuery& query,
                                               Effort effort, const Bitmap* allowed,
                                               SearchLimits limits);

/// Sets a query's weights by the statistics of the living documents. Errors: as prepare; kTooLarge
/// for a prefix of too many terms, in one segment or in many.
Status prepare_query(const Generation& generation, const Bm25Parameters& parameters,
                     LexicalQuery& query);

/// For people: why find_docs() found nothing. Errors: as find_docs.
Result<std::string> why_nothing(const LexicalFind& wanted);

}  // namespace quern::store
