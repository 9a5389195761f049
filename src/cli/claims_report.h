// A verified claim for people: a few lines, or a page of Markdown.

#pragma once

#include <string>

#include "apps/claims/claim_of_parts.h"
#include "apps/claims/verify_claim.h"

namespace quern::cli {

/// What becomes of sentences of a corpus that are not near enough to the claim to count.
enum class FarEvidence { kCounted, kListed };

/// The verdict with its confidence, the sentence that decides, the others with what they say. What
/// comes from sources is in one line each, control characters made spaces.
std::string claim_text(const apps::ClaimResult& result, bool is_bold,
                       FarEvidence far = FarEvidence::kCounted);

/// The same with all numbers and how it came about. What comes from sources is no markup in it.
std::string claim_markdown(const apps::ClaimResult& result);

/// What the whole is, and why; then each part as claim_text has it.
std::string parts_text(const apps::ClaimOfParts& whole, bool is_bold);

/// The same as a page of Markdown, each part as claim_markdown has it.
std::string parts_markdown(const apps::ClaimOfParts& whole);

}  // namespace quern::cli
