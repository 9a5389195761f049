// A vector space: what makes vectors comparable. A store has one that is searched, and during a
// change of model another that fills beside it.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "store/vector/codes.h"

namespace quern::store {

/// From 1; another one for each space that a store has at a time.
using SpaceId = std::int64_t;

/// Most spaces of a store at a time.
inline constexpr std::size_t kMaxSpaces = 8;

/// Most bytes of each text of a space.
inline constexpr std::size_t kMaxSpaceTextBytes = 4096;

/// What a vector of a text is that is longer than its model takes.
enum class LongTexts {
  kMean,  // The mean of several windows.
  kCut,   // That of what the model takes; the rest is not looked at.
};

/// "mean", "cut".
const char* long_texts_name(LongTexts how);
/// Errors: kBadInput naming the known ones.
Result<LongTexts> long_texts_from_name(std::string_view name);

struct VectorSpace {
  std::string fingerprint;  // Of whatever decides the numbers: equal ones may be compared.
  std::string model;        // By which it is found; the same one may get another.
  int d = 0;                // 1 to kernels::kMaxCodes
  Metric metric = Metric::kCosine;
  std::string text_prompt = {};   // What stood before each text,
  std::string query_prompt = {};  // and has to stand before each query.
  LongTexts long_texts = LongTexts::kMean;

  bool operator==(const VectorSpace&) const = default;
};

/// Whether two spaces are one but for the name of their model.
bool is_same_but_for_name(const VectorSpace& a, VectorSpace b);

enum class SpaceState {
  kBuilding,  // Filled, not searched yet.
  kActive,    // One at most.
};

struct SpaceRow {
  SpaceId id = 0;
  SpaceState state = SpaceState::kBuilding;
  VectorSpace space;

  bool operator==(const SpaceRow&) const = default;
};

/// The one that is searched, borrowed; null: none.
const SpaceRow* active_of(std::span<const SpaceRow> spaces);

/// "building", "active".
const char* space_state_name(SpaceState state);
/// Errors: kUnsupported for another name.
Result<SpaceState> space_state_from_name(std::string_view name);

/// Errors: kBadInput naming what is wrong: no fingerprint, a width outside the range, a text that
/// is too long.
Status check_space(const VectorSpace& space);

}  // namespace quern::store
