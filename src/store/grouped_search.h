// One answer for each parent: a search is asked for more and more hits until they have parents
// enough.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/rank/grouping.h"
#include "store/text_search.h"

namespace quern::store {

struct GroupHit {
  std::string parent;
  float score = 0;            // Of the best child.
  std::size_t n_found = 0;    // Children among the hits that were looked at, those not given too.
  std::vector<Hit> children;  // The best ones, best first.
};

struct GroupedResult {
  std::vector<GroupHit> groups = {};  // The best first.
  GenerationId generation = 0;
  std::string why_empty = {};
  std::vector<std::string> damaged = {};
};

/// The best n_wanted hits, or all where there are not so many.
using SearchForHits = std::function<Result<TextSearchResult>(std::uint32_t n_wanted)>;

/// Asks for n_to_group() hits first and for twice as many until there are groups enough or no more
/// hits. Errors: those of `search`.
Result<GroupedResult> search_grouped(const GroupSpec& spec, const SearchForHits& search);

}  // namespace quern::store
