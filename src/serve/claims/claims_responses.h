// The JSON of answers about claims, in TruthGraph's words (docs/claims_api.md). Numbers that are
// not known are null, never 0.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/claims/claim_tasks.h"
#include "apps/claims/verify_claim.h"
#include "serve/claims/claims_requests.h"
#include "serve/claims/nli_share.h"

namespace quern::serve {

/// A claim as it was verified for a client.
struct VerifiedClaim {
  apps::ClaimResult result;
  std::string claim_id;
  std::int64_t stored = 0;  // Its id in ClaimsDb.
  std::int64_t at_ms = 0;
  double total_ms = 0;
  float threshold = 0;
  bool wants_reasoning = true;
  std::vector<std::string> corpora = {};
  std::vector<std::string> warnings = {};
  apps::Calibration calibration = {};  // That it was made with; not of what was read again.
};

/// What is told: the verdict, or NOT_ENOUGH_INFO where it is less sure than was asked for.
apps::Verdict told_verdict(const VerifiedClaim& claim);

/// {"claim_id","claim_text","verdict","confidence","reasoning","evidence",...}.
std::string verification_json(const VerifiedClaim& claim);
/// The same with the other names that POST /verify has for some of it.
std::string verify_answer_json(const VerifiedClaim& claim);
/// Of GET /verdict/{claim_id}: counts in place of the evidence.
std::string verdict_json(const VerifiedClaim& claim);

/// `result`: verification_json of a completed one; "" for none.
std::string task_json(const apps::ClaimTask& task, const std::string& result);

/// `verdict`: what is known of it, an object of JSON; "" for nothing.
std::string claim_json(const apps::HandedClaim& claim, const std::string& verdict);
/// {"items","total","skip","limit"}. items: claim_json each.
std::string claims_page_json(std::span<const std::string> items, std::int64_t total,
                             const PageRequest& page);

std::string embeddings_json(std::span<const std::vector<float>> vectors, double ms);

std::string found_json(const EvidenceRequest& request,
                       std::span<const apps::EvidenceSentence> sentences, double ms);

/// {"label","confidence","scores":{"entailment","contradiction","neutral"}}: each score under its
/// own name; "n_dropped" where the model did not see all. `ms`: of a single pair.
std::string nli_json(const NliSaid& said, std::optional<double> ms);
std::string nli_batch_json(std::span<const NliSaid> said, double ms);

/// "2026-01-31T12:00:00.250Z".
std::string utc_text(std::int64_t unix_ms);

}  // namespace quern::serve
