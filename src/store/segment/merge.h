// Several segments as one: the live documents of all in order of their keys. Nothing is analysed
// again.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/file_layer.h"
#include "base/pace.h"
#include "base/status.h"
#include "store/catalog/generation.h"
#include "store/segment/write_segment.h"

namespace quern::store {

struct MergeDoc {
  std::uint32_t input = 0;
  std::uint32_t doc = 0;
};

/// All live documents of the inputs, by key. Errors: kBadInput where keys are damaged, or one lives
/// in two segments.
Result<std::vector<MergeDoc>> merge_order(std::span<const SegmentView> inputs);

/// What both take beside the files that are mapped, where all is written at once.
std::size_t merge_bytes(std::span<const SegmentView> inputs);

/// Writes those of `order`, which is not empty: all of merge_order() or a run of it.
/// Errors: as write_segment; kBadInput naming what is damaged; kCancelled where nobody wants it.
Result<SegmentRow> merge_segments(FileLayer& files, const std::string& folder, const PartName& name,
                                  std::span<const SegmentView> inputs,
                                  std::span<const MergeDoc> order, Pace& pace);

}  // namespace quern::store
