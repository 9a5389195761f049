// A verified claim as one object of JSON, whose bytes follow from the claim's inputs alone: what is
// printed, what is kept with a verdict, and what a replay is held against. docs/claims.md has its
// fields.

#pragma once

#include <string>
#include <string_view>

#include "apps/claims/verify_claim.h"
#include "base/status.h"

namespace quern::apps {

/// "supports", "refutes", "neutral", "irrelevant", "repeats", "unread".
const char* voice_name(Voice voice);

enum class ClaimTimes { kLeftOut, kGiven };  // Times differ from run to run.

/// In one line, without an end. Numbers are the shortest decimals that read back the same.
std::string json_from_claim(const ClaimResult& result, ClaimTimes times = ClaimTimes::kLeftOut);

/// What json_from_claim wrote: both ways give the same bytes. Errors: kBadInput naming the field.
Result<ClaimResult> claim_from_json(std::string_view json);

/// Where two objects of JSON are first not the same: "evidence[1].logits.neutral is 0.5, was 0.25";
/// "" where they are.
std::string first_json_difference(std::string_view was, std::string_view is);

}  // namespace quern::apps
