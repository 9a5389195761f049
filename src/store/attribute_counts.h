// How often each value of an attribute is among documents of all segments.

#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/filter/value_counts.h"

namespace quern::store {

/// The documents of a segment that count, by its place in the generation.
using DocsOfSegment = std::function<Result<Bitmap>(std::size_t i_segment)>;

/// Ascending by text or number. Errors: those of `docs`; kBadInput, damaged.
Result<std::vector<ValueCount>> count_values(const Generation& generation,
                                             std::string_view attribute, const DocsOfSegment& docs);

/// Of all live documents.
Result<std::vector<ValueCount>> count_values(const Generation& generation,
                                             std::string_view attribute);

}  // namespace quern::store
