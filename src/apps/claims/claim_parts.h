// A claim cut into parts that can be checked one by one: "A is B; C is D", "A causes B and reduces
// C". By rule, and rather whole than wrong: what is not surely two statements stays one.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/byte_spans.h"

namespace quern::apps {

inline constexpr std::size_t kMostClaimParts = 8;

struct ClaimPart {
  std::string text;  // A sentence of its own: with the subject of the part before, if it has none.
  ByteSpan span;     // The bytes of the claim that are its own.
};

/// One part, the claim itself, unless it has several statements: clauses between ";", or before and
/// behind "and", "but", "while", "whereas", each with a finite verb of its own. Conditions ("if",
/// "when", "because", ...), "between ... and", "both ... and" and quotations keep it whole.
/// Cost: linear.
std::vector<ClaimPart> split_claim(std::string_view claim);

}  // namespace quern::apps
