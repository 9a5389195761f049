#include "store/vector/stored_vector.h"

#include <optional>

#include "kernels/codes/codes.h"

namespace quern::store {

std::vector<float> values_of(const CodedRow& row, int d) {
  std::vector<float> out;
  out.reserve(static_cast<std::size_t>(d));
  for (std::size_t i = 0; i < static_cast<std::size_t>(d); ++i) {
    const auto hi = static_cast<float>(int{row.hi[i]} - 128);
    const auto lo = static_cast<float>(int{row.lo[i]} - 128);
    out.push_back(row.factors.scale * (hi + lo / kLowSteps));
  }
  return out;
}

Result<std::vector<float>> stored_vector(const Generation& generation, const Place& place) {
  std::vector<float> out;
  const SpaceRow* space = generation.active_space();
  if (space == nullptr) return out;
  const VectorFile* file = generation.segments()[place.i_segment].vectors_in(space->id);
  if (file == nullptr) return out;
  std::vector<std::uint8_t> low(static_cast<std::size_t>(kernels::padded_codes(space->space.d)));
  QUERN_ASSIGN(const std::optional<CodedRow> row, file->coded_row(place.doc, low));
  return row ? values_of(*row, space->space.d) : out;
}

}  // namespace quern::store
