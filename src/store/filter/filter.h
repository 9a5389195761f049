// Which documents a search is about: `lang = "cpp" and (year >= 2020 or not draft)`. One language
// for words and vectors alike; docs/filters.md describes it.

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/filter/attribute.h"
#include "store/filter/attributes.h"
#include "store/filter/bitmap.h"

namespace quern::store {

inline constexpr int kMaxFilterDepth = 32;
inline constexpr int kMaxFilterNodes = 1024;
inline constexpr std::size_t kMaxFilterBytes = 65536;

enum class FilterOp {
  kAnd,        // parts, two at least
  kOr,         // parts, two at least
  kNot,        // parts, one: also the documents that have no such attribute
  kText,       // keyword `name` is `text`
  kPrefix,     // keyword `name` starts with `text`
  kKeyPrefix,  // the document's key starts with `text`
  kRange,      // number, date or flag `name` is in `range`
};

struct Filter {
  FilterOp op = FilterOp::kAnd;
  std::vector<Filter> parts;
  std::string name;
  std::string text;
  ValueRange range;
};

bool operator==(const Filter& a, const Filter& b);

/// Errors: kBadInput saying where and what was wanted; kTooLarge beyond the limits above.
Result<Filter> parse_filter(std::string_view text, std::span<const Attribute> attributes);

/// In one form, however it was written: a name to remember its documents by. parse_filter reads it
/// as the same filter, where it is not too deep for the form without `in` and `!=`.
std::string text_from_filter(const Filter& filter, std::span<const Attribute> attributes);

/// A segment as a filter sees it.
struct FilterSource {
  std::uint32_t n_docs = 0;
  const Attributes* attributes = nullptr;  // Null: the segment has none.

  /// The documents whose keys start so: a run of ids.
  struct Ids {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  std::function<Result<Ids>(std::string_view prefix)> keys_with_prefix;
};

/// The documents that a filter allows.
/// Errors: those of keys_with_prefix; kBadInput where a column has not the type that the filter was
///   parsed for.
Result<Bitmap> evaluate(const Filter& filter, const FilterSource& source);

}  // namespace quern::store
