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

/// By the order of the claim. Nothing where a sentence does not speak of the same thing. Cost:
/// linear.
std::vector<ClaimMismatch> find_mismatches(std::string_view claim, std::string_view sentence);

/// What rules alone say of a claim and a sentence.
struct PairReading {
  std::vector<ClaimMismatch> mismatches = {};
  double overlap = 0;             // Share of the claim's words (stems) that the sentence says.
  std::size_t n_claim_words = 0;  // Different ones, of those that say something.
  // 1: both say that something grows, is helped or needed, or both that it shrinks, is hindered or
  // spared; -1: one the one and one the other; 0: one of them says neither.
  int direction = 0;

  bool has(MismatchKind kind) const;
};

/// Cost: linear.
PairReading read_pair(std::string_view claim, std::string_view sentence);

}  // namespace quern::apps
