#include "store/segment/merge_policy.h"

#include <algorithm>
#include <map>

#include "store/segment/container.h"

namespace quern::store {
namespace {

constexpr std::uint32_t kFloorDocs = 4096;
constexpr std::size_t kTierSegments = 8;
constexpr std::uint64_t kDeadShare = 4;  // One in so many is too many.

int tier_of(std::uint32_t n_live) {
  int tier = 0;
  for (std::uint64_t n = n_live / kFloorDocs; n > 0; n /= kTierSegments) ++tier;
  return tier;
}

}  // namespace

std::vector<std::size_t> choose_merge(std::span<const SegmentSize> sizes) {
  std::map<int, std::vector<std::size_t>> tiers;
  for (std::size_t i = 0; i < sizes.size(); ++i) tiers[tier_of(sizes[i].n_live)].push_back(i);
  for (auto& [tier, members] : tiers) {
    if (members.size() < kTierSegments) continue;
    std::stable_sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
      return sizes[a].n_live < sizes[b].n_live;
    });
    std::vector<std::size_t> chosen;
    std::uint64_t n_live = 0;
    for (const std::size_t i : members) {
      if (chosen.size() == kTierSegments || n_live + sizes[i].n_live > kMaxPartDocs) break;
      n_live += sizes[i].n_live;
      chosen.push_back(i);
    }
    // One that is larger than all others together would be written again for little.
    while (chosen.size() > 1 &&
           sizes[chosen.back()].n_live > n_live - sizes[chosen.back()].n_live) {
      n_live -= sizes[chosen.back()].n_live;
      chosen.pop_back();
    }
    // Of the highest tier two may already be too large together.
    if (chosen.size() < 2) continue;
    std::sort(chosen.begin(), chosen.end());
    return chosen;
  }
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::uint64_t n_dead = sizes[i].n_docs - sizes[i].n_live;
    if (n_dead * kDeadShare >= sizes[i].n_docs && n_dead > 0) return {i};
  }
  return {};
}

}  // namespace quern::store
