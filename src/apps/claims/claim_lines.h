// Claims as lines of JSON: {"id", "claim"}, with "evidence" where just that is to be judged, and
// "label" where it is known what is right.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "apps/claims/verdict.h"
#include "apps/claims/verify_claim.h"
#include "base/status.h"

namespace quern::apps {

inline constexpr std::size_t kMaxClaimLineBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxGivenEvidence = 1'000;

struct ClaimLine {
  ClaimAsk ask;
  std::optional<Verdict> label = {};
};

/// What evidence without a source of its own is called, by its place from 0: "evidence 1".
std::string source_of_given(std::size_t i);

/// A line's claim. Evidence is a list of texts, or of {"text", "source"} with "title", "url",
/// "date" and "licence" where they are known; what has no source is one of its own. Its sentences
/// are what is judged; texts without a letter or digit have none. Errors: kBadInput naming the
/// field; kTooLarge with both numbers.
Result<ClaimLine> claim_from_line(std::string_view line);

/// The "id" of a line that may be no claim, as text; "" where it has none.
std::string id_of_line(std::string_view line);

/// {"id","line","error":{"code","message"}}, without an end.
std::string json_from_failure(const std::string& id, std::int64_t n_line, const Status& status);

}  // namespace quern::apps
