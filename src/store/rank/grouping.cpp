#include "store/rank/grouping.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "base/check.h"

namespace quern::store {
namespace {

constexpr std::size_t kMeanOf = 3;

struct Ranked {
  HitGroup group;
  float best = 0;
  double sum = 0;  // Of the best three.
};

std::vector<std::size_t> best_first(std::span<const RankedKey> hits) {
  std::vector<std::size_t> order(hits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (hits[a].score != hits[b].score) return hits[a].score > hits[b].score;
    return hits[a].key < hits[b].key;
  });
  return order;
}

}  // namespace

std::vector<HitGroup> group_hits(std::span<const RankedKey> hits, const GroupSpec& spec) {
  QUERN_CHECK(spec.n_children >= 1);
  float lowest = std::numeric_limits<float>::max();
  for (const RankedKey& hit : hits) lowest = std::min(lowest, hit.score);

  std::vector<Ranked> ranked;
  std::unordered_map<std::string_view, std::size_t> group_of;
  for (const std::size_t i : best_first(hits)) {
    const auto [at, is_new] = group_of.try_emplace(hits[i].parent(), ranked.size());
    if (is_new) {
      ranked.push_back({.group = {.parent = hits[i].parent(), .children = {}},
                        .best = hits[i].score,
                        .sum = double{kMeanOf} * lowest});
    }
    Ranked& r = ranked[at->second];
    if (r.group.n_found < kMeanOf) r.sum += double{hits[i].score} - lowest;
    if (r.group.n_found < spec.n_children) r.group.children.push_back(i);
    ++r.group.n_found;
  }
  std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    if (a.best != b.best) return a.best > b.best;
    if (a.sum != b.sum) return a.sum > b.sum;
    return a.group.parent < b.group.parent;
  });

  std::vector<HitGroup> out;
  for (std::size_t i = 0; i < std::min(spec.n_groups, ranked.size()); ++i) {
    out.push_back(std::move(ranked[i].group));
  }
  return out;
}

}  // namespace quern::store
