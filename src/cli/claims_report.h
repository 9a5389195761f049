// A verified claim for people: a few lines, or a page of Markdown.

#pragma once

#include <string>

#include "apps/claims/verify_claim.h"

namespace quern::cli {

/// The verdict with its confidence, the sentence that decides, the others with what they say. What
/// comes from sources is in one line each, control characters made spaces.
std::string claim_text(const apps::ClaimResult& result, bool is_bold);

/// The same with all numbers and how it came about. What comes from sources is no markup in it.
std::string claim_markdown(const apps::ClaimResult& result);

}  // namespace quern::cli
