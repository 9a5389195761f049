// The attributes of several segments as those of one.

#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/status.h"
#include "store/filter/attributes.h"
#include "store/segment/merge.h"

namespace quern::store {

/// At most what merge_attributes takes for one input.
std::size_t merge_attributes_bytes(const Attributes& input);

/// The section of the documents of `order`, the very bytes that bytes_from_attributes gives for
/// their values. Of one name all inputs have the same type; documents of one input ascend.
/// Errors: kBadInput naming the column that is damaged; kTooLarge as ColumnsWriter.
Result<std::string> merge_attributes(std::span<const Attributes* const> inputs,
                                     std::span<const MergeDoc> order);

}  // namespace quern::store
