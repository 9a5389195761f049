#include "store/vector/space.h"

#include <fmt/format.h>

namespace quern::store {

const SpaceRow* active_of(std::span<const SpaceRow> spaces) {
  for (const SpaceRow& row : spaces) {
    if (row.state == SpaceState::kActive) return &row;
  }
  return nullptr;
}

bool is_same_but_for_name(const VectorSpace& a, VectorSpace b) {
  b.model = a.model;
  return a == b;
}

const char* long_texts_name(LongTexts how) { return how == LongTexts::kMean ? "mean" : "cut"; }

Result<LongTexts> long_texts_from_name(std::string_view name) {
  for (const LongTexts how : {LongTexts::kMean, LongTexts::kCut}) {
    if (name == long_texts_name(how)) return how;
  }
  return {Code::kBadInput, fmt::format("long texts '{}' is not known, want mean or cut", name)};
}

const char* space_state_name(SpaceState state) {
  return state == SpaceState::kActive ? "active" : "building";
}

Result<SpaceState> space_state_from_name(std::string_view name) {
  for (const SpaceState state : {SpaceState::kBuilding, SpaceState::kActive}) {
    if (name == space_state_name(state)) return state;
  }
  return {Code::kUnsupported, fmt::format("a vector space is '{}', which is not known", name)};
}

Status check_space(const VectorSpace& space) {
  if (space.fingerprint.empty()) return {Code::kBadInput, "the vector space has no fingerprint"};
  if (space.d < 1 || space.d > kernels::kMaxCodes) {
    return {Code::kBadInput,
            fmt::format("vectors of {} values, want 1 to {}", space.d, kernels::kMaxCodes)};
  }
  for (const std::string* text :
       {&space.fingerprint, &space.model, &space.text_prompt, &space.query_prompt}) {
    if (text->size() <= kMaxSpaceTextBytes) continue;
    return {Code::kBadInput, fmt::format("a text of the vector space has {} bytes, want {} at most",
                                         text->size(), kMaxSpaceTextBytes)};
  }
  return {};
}

}  // namespace quern::store
