// Claims in the form of SciFact's files (claims_dev.jsonl): which abstracts bear on each, with what
// label and by which sentences. Source: https://github.com/allenai/scifact, doc/data.md.

#pragma once

#include <string>
#include <string_view>

#include "apps/claims/score_sets.h"
#include "apps/claims/verdict.h"
#include "base/status.h"

namespace quern::apps {

struct SciFactClaim {
  std::string id;
  std::string claim;
  SciFactGold evidence = {};  // By abstract's id, as text.
};

/// Errors: kBadInput naming the field; as check_claim.
Result<SciFactClaim> scifact_claim_from_line(std::string_view line);

/// Of the claim as a whole: what its abstracts say; of both kinds what most of them do.
Verdict label_of(const SciFactClaim& claim);

}  // namespace quern::apps
