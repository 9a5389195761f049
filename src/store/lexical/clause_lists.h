// A query's clauses, opened in one segment. Tests: lexical_search_test.cpp.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "store/lexical/lexical_part.h"
#include "store/lexical/lexical_query.h"
#include "store/lexical/scored_list.h"

namespace quern::store {

struct ClauseLists {
  Occur occur = Occur::kShould;
  std::vector<ScoredList> lists;  // Of those parts that the segment has.

  std::uint64_t df() const;  // Of all lists together.
};

/// In the order of the query's clauses. Errors: kBadInput, damaged; as find_phrase, find_prefix.
Result<std::vector<ClauseLists>> open_clauses(const LexicalPart& part, const LexicalQuery& query);

/// To be asked when lists were read: what is damaged read as empty. Errors: kBadInput.
Status check_damage(std::span<const ClauseLists> clauses);

}  // namespace quern::store
