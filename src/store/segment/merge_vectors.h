// The vectors of several segments as those of one, row by row as they lie there.

#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/file_layer.h"
#include "base/pace.h"
#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/segment/merge.h"

namespace quern::store {

/// Sums all vectors of the inputs: to be done once before they are merged, run by run. Errors:
/// kBadInput naming what is damaged; kCancelled.
Status check_vectors(std::span<const SegmentView> inputs, Pace& pace);

/// Writes the vectors of one space of the documents in `order`, a run of merge_order(); nothing
/// where none has one. Errors: as write_vectors; kCancelled.
Result<std::optional<PartRow>> merge_vectors(FileLayer& files, const std::string& folder,
                                             const PartName& name,
                                             std::span<const SegmentView> inputs,
                                             std::span<const MergeDoc> order, const SpaceRow& space,
                                             Pace& pace);

}  // namespace quern::store
