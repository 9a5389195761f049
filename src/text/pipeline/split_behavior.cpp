#include "text/pipeline/split_behavior.h"

#include <algorithm>

namespace quern::text {
namespace {

/// Joins neighbours for which `joins(is_match, was_match)` is true. At the front nothing was a
/// match.
template <typename Joins>
void join(std::vector<Stretch>& list, const Joins& joins) {
  std::size_t n = 0;
  bool was_match = false;
  for (const Stretch& stretch : list) {
    if (n > 0 && joins(stretch.is_match, was_match)) {
      list[n - 1].begin = std::min(list[n - 1].begin, stretch.begin);
      list[n - 1].end = std::max(list[n - 1].end, stretch.end);
    } else {
      list[n++] = stretch;
    }
    was_match = stretch.is_match;
  }
  list.resize(n);
}

bool begins_match(bool is_match, bool was_match) { return is_match && !was_match; }

}  // namespace

void apply_behavior(pre_tokenizers::Behavior behavior, std::vector<Stretch>& stretches) {
  using pre_tokenizers::Behavior;
  switch (behavior) {
    case Behavior::kRemoved:
      std::erase_if(stretches, [](const Stretch& s) { return s.is_match; });
      return;
    case Behavior::kIsolated:
      return;
    case Behavior::kContiguous:
      return join(stretches, [](bool is_match, bool was_match) { return is_match == was_match; });
    case Behavior::kMergedWithPrevious:
      return join(stretches, begins_match);
    case Behavior::kMergedWithNext:
      std::reverse(stretches.begin(), stretches.end());
      join(stretches, begins_match);
      std::reverse(stretches.begin(), stretches.end());
      return;
  }
}

}  // namespace quern::text
