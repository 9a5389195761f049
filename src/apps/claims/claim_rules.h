// What a claim and a sentence say differently by rule, not by model: numbers, dates, units,
// negation. Shown, and one signal among those that are fitted.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/byte_spans.h"

namespace quern::apps {

enum class MismatchKind { kNumber, kDate, kUnit, kNegation };

/// "number", "date", "unit", "negation".
const char* mismatch_name(MismatchKind kind);

struct ClaimMismatch {
  MismatchKind kind = MismatchKind::kNumber;
  ByteSpan in_claim;  // Bytes of the claim, and of the sentence.
  ByteSpan in_sentence;
  std::string reason;  // "the claim says 40 %, the sentence 14 %"
};

/// By the order of the claim. Nothing where a sentence does not speak of the same thing.
std::vector<ClaimMismatch> find_mismatches(std::string_view claim, std::string_view sentence);

}  // namespace quern::apps
