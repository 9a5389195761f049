#include "apps/claims/gold_claims.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "apps/claims/claim_lines.h"
#include "apps/json_object.h"

namespace quern::apps {
namespace {

Verdict gold_of(const GoldClaim& gold, const EvidenceSentence& sentence) {
  const auto abstract = gold.abstracts.find(sentence.source.key);
  if (abstract == gold.abstracts.end()) return Verdict::kNotEnoughInfo;
  for (const std::vector<std::uint32_t>& rationale : abstract->second.rationales) {
    if (std::ranges::find(rationale, sentence.i_sentence) != rationale.end()) {
      return abstract->second.label;
    }
  }
  return Verdict::kNotEnoughInfo;
}

}  // namespace

Result<GoldClaim> gold_from_line(std::string_view line) {
  QUERN_ASSIGN(const nlohmann::ordered_json object, object_from_json(line));
  GoldClaim out;
  const auto evidence = object.find("evidence");
  if (evidence != object.end() && evidence->is_object()) {
    QUERN_ASSIGN(SciFactClaim claim, scifact_claim_from_line(line));
    out.ask = {.id = claim.id, .claim = claim.claim};
    out.label = label_of(claim);
    out.knows_sentences = true;
    out.abstracts = std::move(claim.evidence);
    return out;
  }
  QUERN_ASSIGN(ClaimLine claim, claim_from_line(line));
  if (!claim.label) return {Code::kBadInput, "no \"label\""};
  out.ask = std::move(claim.ask);
  out.label = *claim.label;
  return out;
}

std::vector<Verdict> gold_of_sentences(const GoldClaim& gold, const ClaimResult& result) {
  std::vector<Verdict> out;
  if (!gold.knows_sentences) return out;
  for (const ClaimEvidence& e : result.evidence) out.push_back(gold_of(gold, e.sentence));
  return out;
}

}  // namespace quern::apps
