// Sorted tables of code point ranges, and the search in them.

#pragma once

#include <algorithm>
#include <iterator>

#include "base/utf8.h"

namespace quern {

struct CodeRange {
  CodePoint first, last;
};

struct CodeRangeValue {
  CodePoint first, last, value;
};

/// The range that holds `code`, or null. Ranges must ascend and not overlap.
template <typename Range, std::size_t N>
const Range* find_range(const Range (&ranges)[N], CodePoint code) {
  const Range* it = std::partition_point(std::begin(ranges), std::end(ranges),
                                         [&](const Range& r) { return r.last < code; });
  return it != std::end(ranges) && it->first <= code ? it : nullptr;
}

}  // namespace quern
