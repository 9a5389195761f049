// Rows of the database of claims: its tables, and numbers as the bytes that they are stored as, so
// that what is read is what was written to the last bit.

#pragma once

#include <optional>
#include <span>
#include <string>

#include "apps/claims/calibration.h"
#include "apps/claims/claim_evidence.h"
#include "base/status.h"

namespace quern::apps {

extern const char* const kClaimsTables;

/// Three f32, little-endian: entailment, contradiction, neutral.
std::string bytes_from_logits(const NliLogits& logits);
/// Errors: kBadInput for another number of bytes.
Result<NliLogits> logits_from_bytes(std::span<const std::byte> bytes);

/// A byte that says which of the four are known, those as f64, the passage's rank as u32.
std::string bytes_from_nearness(const Nearness& nearness);
/// Errors: as logits_from_bytes.
Result<Nearness> nearness_from_bytes(std::span<const std::byte> bytes);

}  // namespace quern::apps
