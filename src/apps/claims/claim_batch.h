// Many claims, a line of JSON each, to as many lines in the same order. Several are judged
// together; a line that is no claim costs only itself. What was judged is kept before its line is
// given out, so that a run that was cut off goes on without judging anything twice.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "apps/claims/claim_json.h"
#include "apps/claims/claims_db.h"
#include "apps/claims/verify_claim.h"
#include "base/status.h"

namespace quern::apps {

/// A line that goes in: where it stands, from 1.
struct BatchLine {
  std::int64_t n_line = 0;
  std::string text;
};

/// What came out of one.
struct BatchOutput {
  BatchLine line;
  std::string json;    // json_from_claim with its "line", or json_from_failure; without an end.
  Status status = {};  // Not ok: the line was no claim, or could not be judged.
};

struct ClaimBatchReport {
  long n_claims = 0;  // Lines, those that failed as well.
  long n_failed = 0;
  long n_kept_before = 0;  // That an earlier part of the run had judged.
  bool was_stopped = false;
};

struct ClaimBatchJob {
  ClaimVerifier* verifier = nullptr;
  ClaimsDb* db = nullptr;  // Null: nothing is kept.
  std::string run = {};    // Name of the run in `db`.
  EvidenceWish wish = {};
  std::size_t n_together = 32;
  ClaimTimes times = ClaimTimes::kLeftOut;

  /// The next line that is not blank; nothing at the end.
  std::function<Result<std::optional<BatchLine>>()> next = {};
  /// Called in the order of the lines. An error ends the run.
  std::function<Status(const BatchOutput&)> sink = {};
  std::function<bool()> is_stopped = {};  // Asked often. May be empty.
};

/// Errors: of `next`, `sink` and the database; what is not a claim's own fault, as an engine
/// without memory.
Result<ClaimBatchReport> verify_batch(const ClaimBatchJob& job);

}  // namespace quern::apps
