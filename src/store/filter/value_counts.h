// How often each value of an attribute is among the documents of a search.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/filter/attributes.h"
#include "store/filter/bitmap.h"

namespace quern::store {

struct ValueCount {
  std::string text;         // Of a keyword.
  std::int64_t number = 0;  // Of the others.
  std::uint32_t n_docs = 0;

  bool operator==(const ValueCount&) const = default;
};

/// Every value that any of `docs` has, ascending by text or number, so that the lists of several
/// segments merge in one pass. A document with several values counts for each.
std::vector<ValueCount> count_values(const AttributeColumn& column, const Bitmap& docs);

/// Adds counts of another segment. Both ascending, as count_values gives them.
std::vector<ValueCount> merge_counts(const std::vector<ValueCount>& a,
                                     const std::vector<ValueCount>& b);

/// The n most frequent, equals in the order that they had.
std::vector<ValueCount> most_frequent(std::vector<ValueCount> counts, std::size_t n);

}  // namespace quern::store
