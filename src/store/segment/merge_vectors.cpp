#include "store/segment/merge_vectors.h"

#include <algorithm>
#include <vector>

namespace quern::store {

Status check_vectors(std::span<const SegmentView> inputs, Pace& pace) {
  for (const SegmentView& input : inputs) {
    for (const auto& vectors : input.vectors) {
      if (!pace.go_on()) return {Code::kCancelled, "the merge is not wanted any more"};
      QUERN_TRY(vectors->container().check_all());
    }
  }
  return {};
}

Result<std::optional<PartRow>> merge_vectors(FileLayer& files, const std::string& folder,
                                             const PartName& name,
                                             std::span<const SegmentView> inputs,
                                             std::span<const MergeDoc> order, const SpaceRow& space,
                                             Pace& pace) {
  constexpr std::uint32_t kAskEvery = 256;
  std::vector<const VectorFile*> sources;
  for (const SegmentView& input : inputs) {
    sources.push_back(input.vectors_in(space.id));
  }
  const bool has_any = std::any_of(order.begin(), order.end(), [&](const MergeDoc& doc) {
    return sources[doc.input] != nullptr && sources[doc.input]->present().has(doc.doc);
  });
  if (!has_any) return std::optional<PartRow>();
  std::vector<std::uint8_t> low(static_cast<std::size_t>(kernels::padded_codes(space.space.d)));
  const auto row_of = [&](std::uint32_t doc) -> Result<std::optional<CodedRow>> {
    if (doc % kAskEvery == 0 && !pace.go_on()) {
      return {Code::kCancelled, "the merge is not wanted any more"};
    }
    const MergeDoc& from = order[doc];
    if (sources[from.input] == nullptr) return std::optional<CodedRow>();
    return sources[from.input]->coded_row(from.doc, low);
  };
  QUERN_ASSIGN(PartRow row, write_vectors(files, folder, name,
                                          static_cast<std::uint32_t>(order.size()), space, row_of));
  return std::optional<PartRow>(std::move(row));
}

}  // namespace quern::store
