// What was claimed, found, said and decided, in one SQLite file (base/sql.h):
// home/claims/claims.db. Every verdict can be computed again from what is stored here.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/claims/verify_claim.h"
#include "base/sql.h"
#include "base/status.h"

namespace quern::apps {

struct StoredClaim {
  std::int64_t id = 0;
  ClaimResult result;
  Calibration calibration;  // That the verdict was made with.
  std::string pipeline;
  std::int64_t at_ms = 0;  // Unix time.
};

/// Threads: one at a time; several processes may have it open.
class ClaimsDb {
 public:
  /// Errors: kUnsupported for a newer version; kBadInput for damage; kUnavailable where another
  /// process holds it too long; kIo.
  static Result<std::unique_ptr<ClaimsDb>> open(const std::string& path, Sql::Access access);

  /// Claim, evidence, NLI results and verdict in one transaction; the id it got.
  Result<std::int64_t> add(const ClaimResult& result, const Calibration& calibration);
  /// Errors: kNotFound.
  Result<StoredClaim> find(std::int64_t id);

 private:
  ClaimsDb() = default;
  Sql sql_;
};

/// Judges the stored inputs again. Errors: kBadInput saying what is not the same, to the byte.
Status replay_claim(const StoredClaim& stored);

}  // namespace quern::apps
