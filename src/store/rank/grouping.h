// One hit per parent: chunks of a file or a paper come back as one answer with its best children.

#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace quern::store {

/// A hit as grouping sees it; the key is borrowed.
struct RankedKey {
  std::string_view key;
  std::size_t n_parent = 0;  // The first bytes of key that name the parent; 0: the key itself.
  float score = 0;

  std::string_view parent() const { return n_parent == 0 ? key : key.substr(0, n_parent); }
};

struct HitGroup {
  std::string_view parent;
  std::vector<std::size_t> children;  // The best hits, by index, best first.
  std::size_t n_found = 0;            // Hits of this parent, those left out included.
};

struct GroupSpec {
  std::size_t n_groups = 10;
  std::size_t n_children = 3;  // Of each group, at least 1.
};

/// How many hits to fetch first for so many groups; where they have too few parents, twice as many.
inline std::size_t n_to_group(std::size_t n_groups) { return 5 * n_groups; }

/// The best groups: by their best hit, then by the mean of their best three (those that a group
/// has not count as the lowest score of all), then by parent.
///
/// `hits` in any order; equal scores within a group go by key.
std::vector<HitGroup> group_hits(std::span<const RankedKey> hits, const GroupSpec& spec);

}  // namespace quern::store
