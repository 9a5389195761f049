#include "store/grouped_search.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace quern::store {
namespace {

std::vector<GroupHit> groups_of(std::vector<Hit> hits, const GroupSpec& spec) {
  std::vector<RankedKey> ranked;
  ranked.reserve(hits.size());
  for (const Hit& hit : hits) {
    ranked.push_back({.key = hit.key, .n_parent = hit.n_parent, .score = hit.score});
  }
  std::vector<GroupHit> out;
  for (const HitGroup& group : group_hits(ranked, spec)) {
    GroupHit& given = out.emplace_back();
    given.parent = group.parent;
    given.score = hits[group.children.front()].score;
    given.n_found = group.n_found;
    for (const std::size_t child : group.children) given.children.push_back(hits[child]);
  }
  return out;
}

}  // namespace

Result<GroupedResult> search_grouped(const GroupSpec& spec, const SearchForHits& search) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  for (std::size_t n_wanted = n_to_group(spec.n_groups);; n_wanted *= 2) {
    n_wanted = std::min(n_wanted, kMost);
    QUERN_ASSIGN(TextSearchResult found, search(static_cast<std::uint32_t>(n_wanted)));
    const bool are_all = found.hits.size() < n_wanted || n_wanted == kMost;
    std::vector<GroupHit> groups = groups_of(std::move(found.hits), spec);
    if (groups.size() < spec.n_groups && !are_all) continue;
    return GroupedResult{.groups = std::move(groups),
                         .generation = found.generation,
                         .why_empty = std::move(found.why_empty),
                         .damaged = std::move(found.damaged)};
  }
}

}  // namespace quern::store
