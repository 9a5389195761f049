#include "serve/claims/claims_responses.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "serve/claims/nli_share.h"
#include "serve/json/json_members.h"

namespace quern::serve {
namespace {

enum class Names { kResult, kVerify };

void append_evidence(std::string& out, const apps::ClaimEvidence& e, Names names) {
  const apps::EvidenceSentence& sentence = e.sentence;
  const NliShare label = surest_label(e.voice.scores);
  JsonMembers members(out);
  members.text("id", sentence_id(sentence));
  members.text("text", sentence.text);
  members.text("source", source_name(sentence));
  members.number("relevance", e.voice.relevance);
  members.text_or_null("url", sentence.source.url);
  members.text_or_null("publication_date", sentence.source.date);
  members.text("nli_label", label.label);
  members.number("nli_confidence", label.share);
  members.raw("nli_scores", nli_scores_json(e.voice.scores));
  members.text("role", e.voice.voice == apps::Voice::kSupports  ? "supports"
                       : e.voice.voice == apps::Voice::kRefutes ? "refutes"
                                                                : "none");
  members.number("weight", e.voice.weight);
  if (names == Names::kVerify) {
    members.text("evidence_id", sentence_id(sentence));
    members.text("content", sentence.text);
    members.text_or_null("source_url", sentence.source.url);
    members.number("similarity", similarity_of(sentence).value_or(e.voice.relevance));
  }
  members.end();
}

std::string evidence_json(const VerifiedClaim& claim, Names names) {
  std::string out = "[";
  for (const apps::ClaimEvidence& e : claim.result.evidence) {
    if (out.size() > 1) out += ',';
    append_evidence(out, e, names);
  }
  return out + "]";
}

std::string list_json(std::span<const std::string> texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    append_json_string(out, text);
  }
  return out + "]";
}

bool is_below_threshold(const VerifiedClaim& claim) {
  const apps::Judgement& judgement = claim.result.judgement;
  return judgement.verdict != apps::Verdict::kNotEnoughInfo &&
         judgement.confidence < double{claim.threshold};
}

/// One quantity whatever is told: how likely that verdict is.
double told_confidence(const VerifiedClaim& claim) {
  const apps::Judgement& judgement = claim.result.judgement;
  if (!is_below_threshold(claim)) return judgement.confidence;
  return judgement.scores[static_cast<std::size_t>(apps::Verdict::kNotEnoughInfo)];
}

std::string warnings_json(const VerifiedClaim& claim) {
  std::vector<std::string> warnings = claim.warnings;
  const apps::Judgement& judgement = claim.result.judgement;
  if (is_below_threshold(claim)) {
    warnings.push_back(fmt::format("{} with confidence {:.3f} is below confidence_threshold {}",
                                   apps::verdict_name(judgement.verdict), judgement.confidence,
                                   claim.threshold));
  }
  const auto is_unread = [](const auto& e) { return e.voice.voice == apps::Voice::kUnread; };
  if (std::ranges::any_of(claim.result.evidence, is_unread)) {
    warnings.push_back("the claim is too long for the model: it did not read all of the evidence");
  }
  if (judgement.is_conflicting) warnings.push_back("sources speak strongly for both sides");
  return list_json(warnings);
}

void put_verdict(JsonMembers& members, const VerifiedClaim& claim) {
  members.text("claim_id", claim.claim_id);
  members.text("claim_text", claim.result.claim);
  members.text("verdict", apps::verdict_name(told_verdict(claim)));
  members.number("confidence", told_confidence(claim));
  members.raw("abstained",
              claim.result.judgement.is_abstention || is_below_threshold(claim) ? "true" : "false");
  members.text_or_null("reasoning",
                       claim.wants_reasoning ? claim.result.judgement.reason : std::string());
}

void put_result(JsonMembers& members, const VerifiedClaim& claim, Names names) {
  put_verdict(members, claim);
  members.raw("evidence", evidence_json(claim, names));
  members.text("verified_at", utc_text(claim.at_ms));
  members.integer("processing_time_ms", std::llround(claim.total_ms));
  members.raw("corpus_ids_searched", list_json(claim.corpora));
  members.raw("validation_warnings", warnings_json(claim));
}

}  // namespace

std::string utc_text(std::int64_t unix_ms) {
  const std::int64_t seconds = unix_ms / 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(seconds)),
                     unix_ms % 1000);
}

apps::Verdict told_verdict(const VerifiedClaim& claim) {
  return is_below_threshold(claim) ? apps::Verdict::kNotEnoughInfo : claim.result.judgement.verdict;
}

std::string verification_json(const VerifiedClaim& claim) {
  std::string out;
  JsonMembers members(out);
  put_result(members, claim, Names::kResult);
  members.end();
  return out;
}

std::string verify_answer_json(const VerifiedClaim& claim) {
  std::string out;
  JsonMembers members(out);
  put_result(members, claim, Names::kVerify);
  members.text("explanation", claim.result.judgement.reason);
  members.text("verification_id", fmt::format("{}", claim.stored));
  members.end();
  return out;
}

std::string verdict_json(const VerifiedClaim& claim) {
  const auto count = [&](apps::Voice voice) {
    return std::count_if(claim.result.evidence.begin(), claim.result.evidence.end(),
                         [&](const auto& e) { return e.voice.voice == voice; });
  };
  std::string out;
  JsonMembers members(out);
  put_verdict(members, claim);
  members.integer("evidence_count", std::ssize(claim.result.evidence));
  members.integer("supporting_evidence_count", count(apps::Voice::kSupports));
  members.integer("refuting_evidence_count", count(apps::Voice::kRefutes));
  members.text("created_at", utc_text(claim.at_ms));
  members.end();
  return out;
}

std::string task_json(const apps::ClaimTask& task, const std::string& result) {
  std::string out;
  JsonMembers members(out);
  members.text("task_id", task.id);
  members.text("claim_id", task.claim);
  members.text("status", apps::task_state_name(task.state));
  members.text("created_at", utc_text(task.created_ms));
  members.text_or_null("completed_at", task.completed_ms > 0 ? utc_text(task.completed_ms) : "");
  members.raw("result", result.empty() ? "null" : result);
  members.text_or_null("error", task.error);
  members.integer("progress_percentage", task.progress);
  members.end();
  return out;
}

std::string claim_json(const apps::HandedClaim& claim, const std::string& verdict) {
  std::string out;
  JsonMembers members(out);
  members.text("id", claim.id);
  members.text("text", claim.text);
  members.text_or_null("source_url", claim.source_url);
  members.text("submitted_at", utc_text(claim.at_ms));
  members.raw("verdict", verdict.empty() ? "null" : verdict);
  members.end();
  return out;
}

std::string claims_page_json(std::span<const std::string> items, std::int64_t total,
                             const PageRequest& page) {
  return fmt::format(R"({{"items":[{}],"total":{},"skip":{},"limit":{}}})", fmt::join(items, ","),
                     total, page.n_skipped, page.n_most);
}

}  // namespace quern::serve
