// Claims of which it is known what is right, to fit by and to measure by: lines of claim_lines.h
// with a "label", or of SciFact's files, where it is known of sentences, too.

#pragma once

#include <string_view>
#include <vector>

#include "apps/claims/scifact_claims.h"
#include "apps/claims/verify_claim.h"
#include "base/status.h"

namespace quern::apps {

struct GoldClaim {
  ClaimAsk ask;
  Verdict label = Verdict::kNotEnoughInfo;
  bool knows_sentences = false;  // What `abstracts` does not name decides nothing.
  SciFactGold abstracts = {};
};

/// A line whose "evidence" is an object is one of SciFact: its evidence is looked for. Errors:
/// kBadInput where there is no label; as claim_from_line and scifact_claim_from_line.
Result<GoldClaim> gold_from_line(std::string_view line);

/// What each sentence of `result` alone decides: [its evidence]. Empty where that is not known.
std::vector<Verdict> gold_of_sentences(const GoldClaim& gold, const ClaimResult& result);

}  // namespace quern::apps
