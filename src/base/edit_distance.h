// Near names for "did you mean": Levenshtein distance over bytes.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quern {

int edit_distance(std::string_view a, std::string_view b);

/// The names nearest to `wanted` (case ignored), best first, at most `n`; names further away than
/// half the length of `wanted` and not containing it are left out.
std::vector<std::string> nearest_names(std::string_view wanted,
                                       const std::vector<std::string>& names, int n);

}  // namespace quern
