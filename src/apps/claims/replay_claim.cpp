#include "apps/claims/replay_claim.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "apps/claims/claim_json.h"

namespace quern::apps {
namespace {

// Of a number that SQLite gives as text.
constexpr double kRealError = 1e-12;

// What a claim was judged by, in the order of judging, without what came out.
std::string inputs_of(ClaimResult claim) {
  claim.judgement = {};
  std::ranges::sort(claim.evidence, {}, &ClaimEvidence::i_judged);
  for (ClaimEvidence& e : claim.evidence) {
    e.voice = {};
    e.mismatches.clear();
  }
  return json_from_claim(claim);
}

// Where an input is not what it was, what comes out is not either: the input is named.
std::string difference(const std::string& was, const ClaimResult& again) {
  const Result<ClaimResult> before = claim_from_json(was);
  if (!before.ok()) return before.status().message();
  const std::string of_inputs = first_json_difference(inputs_of(*before), inputs_of(again));
  return of_inputs.empty() ? first_json_difference(was, json_from_claim(again)) : of_inputs;
}

// The columns beside the JSON, for whoever asks by SQL.
Status compare_verdict_row(const StoredClaim& stored, const Judgement& judgement,
                           const std::string& who) {
  for (std::size_t i = 0; i < judgement.scores.size(); ++i) {
    if (std::abs(stored.scores[i] - judgement.scores[i]) < kRealError) continue;
    return {Code::kBadInput,
            fmt::format("{}: its row says {} for {}, the score is {}", who, stored.scores[i],
                        verdict_name(static_cast<Verdict>(i)), judgement.scores[i])};
  }
  if (stored.verdict != verdict_name(judgement.verdict) ||
      std::abs(stored.confidence - judgement.confidence) >= kRealError) {
    return {Code::kBadInput,
            fmt::format("{}: its row says {} {}, the verdict is {} {}", who, stored.verdict,
                        stored.confidence, verdict_name(judgement.verdict), judgement.confidence)};
  }
  return {};
}

}  // namespace

Status replay_claim(const StoredClaim& stored) {
  if (stored.pipeline != kClaimPipeline) {
    return {Code::kUnsupported, fmt::format("claim {} was judged by '{}', this version is '{}'",
                                            stored.id, stored.pipeline, kClaimPipeline)};
  }
  const std::string who = fmt::format("claim {} is not what was judged", stored.id);
  if (json_from_calibration(stored.calibration) != stored.calibration_json) {
    return {Code::kBadInput, who + ": its calibration has other bytes"};
  }
  if (calibration_digest(stored.calibration) != stored.calibration_digest) {
    return {Code::kBadInput, who + ": the digest of its calibration is another"};
  }
  ClaimResult again = stored.result;
  QUERN_TRY(judge_evidence(again, stored.calibration).in(fmt::format("claim {}", stored.id)));
  const std::string json = json_from_claim(again);
  if (json != stored.json) {
    return {Code::kBadInput, fmt::format("{}: {}", who, difference(stored.json, again))};
  }
  QUERN_TRY(compare_verdict_row(stored, again.judgement, who));
  // What no verdict depends on: when it was, and of which line of which run.
  if (stored.row_digest == stored.row_digest_now) return {};
  return {Code::kBadInput, who + ": its time, run, line or another number of its row was changed"};
}

}  // namespace quern::apps
