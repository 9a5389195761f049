// Rows of the database of claims: its tables, and numbers as the bytes that they are stored as, so
// that what is read is what was written to the last bit.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "apps/claims/calibration.h"
#include "apps/claims/claim_evidence.h"
#include "base/sql.h"
#include "base/status.h"

namespace quern::apps {

/// Of the tables; goes up with their form.
inline constexpr int kClaimsDbVersion = 2;

extern const char* const kClaimsTables;

/// Gives the tables of an earlier version the form of this one, in one transaction. Errors:
/// kUnsupported for a version that is not known; the database's.
Status bring_to_this_version(Sql& sql);

/// Fills in the digest of a claim's row. Errors: as digest_of_claim_row.
Status write_claim_digest(Sql& sql, std::int64_t claim);
/// SHA-256 of what the claim's row says beside its `digest`, in hex. Errors: kNotFound; the
/// database's.
Result<std::string> digest_of_claim_row(Sql& sql, std::int64_t claim);

/// Three f32, little-endian: entailment, contradiction, neutral.
std::string bytes_from_logits(const NliLogits& logits);
/// Errors: kBadInput for another number of bytes.
Result<NliLogits> logits_from_bytes(std::span<const std::byte> bytes);

/// A byte that says which of the four are known, those as f64, the passage's rank as u32.
std::string bytes_from_nearness(const Nearness& nearness);
/// Errors: as logits_from_bytes.
Result<Nearness> nearness_from_bytes(std::span<const std::byte> bytes);

}  // namespace quern::apps
