// Which trigrams a document must have, as a formula of and and or.
//
// Source: Cox 2012, "Regular Expression Matching with a Trigram Index".

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "store/lexical/trigram_table.h"

namespace quern::store {

enum class TrigramOp {
  kAll,   // Any document may match.
  kNone,  // None can.
  kAnd,   // trigrams and parts, all of them; two at least together, or one trigram
  kOr,    // trigrams and parts, any of them; two at least together
};

/// Kept simple: no part is kAll or kNone or of its parent's kind, trigrams ascend.
struct TrigramQuery {
  TrigramOp op = TrigramOp::kAll;
  std::vector<Trigram> trigrams = {};
  std::vector<TrigramQuery> parts = {};

  bool operator==(const TrigramQuery&) const = default;
};

/// Formulas grow no further than to so many trigrams: what would, asks for less instead.
inline constexpr std::size_t kMaxQueryTrigrams = 4096;

TrigramQuery both(TrigramQuery a, TrigramQuery b);
TrigramQuery either(TrigramQuery a, TrigramQuery b);

/// All trigrams of a text; kAll where it has none. `folded`: without case.
TrigramQuery trigrams_of(std::string_view folded);

std::size_t count_trigrams(const TrigramQuery& query);

/// Whether a document of these trigrams may match.
bool fits(const TrigramQuery& query, const std::vector<Trigram>& ascending);

/// For people: `"abc" "bcd" ("xyz" or "uvw")`; "anything"; "nothing". Cut where it is long.
std::string text_from_query(const TrigramQuery& query);

}  // namespace quern::store
