#include "apps/claims/verify_claim.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/claims/evidence_pieces.h"
#include "apps/claims/given_nearness.h"
#include "base/char_class.h"
#include "base/check.h"
#include "base/elapsed.h"
#include "base/sha256.h"
#include "base/utf8.h"

namespace quern::apps {
namespace {

using Clock = std::chrono::steady_clock;

// In one request to the model.
constexpr std::size_t kPairsTogether = 512;

bool has_word(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Decoded c = decode_utf8(text, at);
    if (quern::is_letter(c.code) || quern::is_number(c.code)) return true;
    at += static_cast<std::size_t>(c.n_bytes);
  }
  return false;
}

// Behind what was found: a corpus says itself why it has nothing.
std::string why_no_evidence(const ClaimAsk& ask, const FoundEvidence& found) {
  if (ask.has_unreadable) return "the evidence that was given has no letter or digit";
  if (ask.evidence) return "no evidence was given";
  return found.why_empty.empty() ? "nothing near the claim was found" : found.why_empty;
}

}  // namespace

Status check_claim(const std::string& claim) {
  if (claim.empty()) return {Code::kBadInput, "the claim is empty"};
  if (claim.size() > kMaxClaimBytes) {
    return {Code::kTooLarge, fmt::format("the claim has {} bytes, {} is the most that one may have",
                                         claim.size(), kMaxClaimBytes)};
  }
  if (!is_valid_utf8(claim)) return {Code::kBadInput, "the claim is not UTF-8"};
  if (!has_word(claim)) return {Code::kBadInput, "the claim has neither a letter nor a digit"};
  return {};
}

std::string calibration_digest(const Calibration& calibration) {
  const std::string json = json_from_calibration(calibration);
  return sha256_hex(std::as_bytes(std::span(json)));
}

NliPair pair_of(const std::string& claim, const EvidenceSentence& sentence) {
  return {.premise = sentence.text, .hypothesis = claim};
}

std::vector<JudgedPair> judged_pairs(const ClaimResult& result) {
  std::vector<JudgedPair> out;
  out.reserve(result.evidence.size());
  for (const ClaimEvidence& e : result.evidence) {
    out.push_back(
        {.source = e.sentence.source.key,
         .logits = e.logits,
         .nearness = e.sentence.nearness,
         .reading = read_pair(result.claim, e.sentence.text),
         .said = said_words(e.sentence.text),
         .is_cut = e.n_dropped > 0,
         .is_claim = e.sentence.n_pieces == 1 && says_claim(result.claim, e.sentence.text)});
  }
  return out;
}

Status judge_evidence(ClaimResult& result, const Calibration& calibration) {
  std::ranges::sort(result.evidence, {}, &ClaimEvidence::i_judged);
  std::string reason = result.evidence.empty() ? std::move(result.judgement.reason) : "";
  const std::vector<JudgedPair> pairs = judged_pairs(result);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    result.evidence[i].mismatches = pairs[i].reading.mismatches;
  }
  QUERN_ASSIGN(result.judgement, judge(pairs, calibration));
  QUERN_CHECK(result.judgement.voices.size() == result.evidence.size());
  if (!reason.empty()) result.judgement.reason = std::move(reason);
  for (std::size_t i = 0; i < result.evidence.size(); ++i) {
    result.evidence[i].voice = result.judgement.voices[i];
  }
  result.judgement.voices.clear();
  std::ranges::stable_sort(result.evidence, std::ranges::greater(),
                           [](const ClaimEvidence& e) { return e.voice.weight; });
  result.calibration = calibration_digest(calibration);
  return {};
}

Result<ClaimVerifier> ClaimVerifier::create(Parts parts) {
  QUERN_CHECK(parts.entailment != nullptr);
  if (!parts.entailment->has_all_labels()) {
    return {
        Code::kBadInput,
        fmt::format("the labels of '{}' are '{}': claims want a model of entailment, neutral and "
                    "contradiction",
                    parts.entailment->model(), fmt::join(parts.entailment->labels(), "', '"))};
  }
  const Calibration& calibration = parts.calibration;
  if (calibration.digest.empty() && !calibration.fitted_on.empty()) {
    return {Code::kBadInput,
            fmt::format("the calibration fitted on '{}' does not say for which model (no digest): "
                        "fit one with 'quern claims fit'",
                        calibration.fitted_on)};
  }
  if (!calibration.digest.empty() && calibration.digest != parts.entailment->digest()) {
    return {Code::kBadInput,
            fmt::format("the calibration was fitted for '{}' ({:.12}), not for '{}' ({:.12}): fit "
                        "one with 'quern claims fit'",
                        calibration.model, calibration.digest, parts.entailment->model(),
                        parts.entailment->digest())};
  }
  return ClaimVerifier(std::move(parts));
}

// How near evidence that was given is. What is wrong with one claim's texts is its own error.
void ClaimVerifier::measure(std::span<const ClaimAsk> asks, std::span<Result<ClaimResult>> claims,
                            engine::WorkClass work_class,
                            const std::function<bool()>& is_stopped) const {
  if (!parts_.embedder) return;
  std::vector<GivenForClaim> given;
  std::vector<std::size_t> places;
  std::size_t n_sentences = 0;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    if (!claims[i].ok() || !asks[i].evidence || claims[i]->evidence.empty()) continue;
    given.push_back({.claim = claims[i]->claim, .sentences = {}});
    for (ClaimEvidence& e : claims[i]->evidence) given.back().sentences.push_back(&e.sentence);
    n_sentences += claims[i]->evidence.size();
    places.push_back(i);
  }
  if (given.empty()) return;
  const auto start = Clock::now();
  const auto measured = [&]() -> Status {
    QUERN_ASSIGN(const TextEmbedder* const embedder, parts_.embedder());
    if (embedder == nullptr) return {};
    return measure_given(given, *embedder, work_class, is_stopped);
  }();
  const double ms_per_sentence = ms_since(start) / static_cast<double>(n_sentences);
  for (std::size_t k = 0; k < given.size(); ++k) {
    Result<ClaimResult>& claim = claims[places[k]];
    const Status& status = measured.ok() ? given[k].status : measured;
    if (!status.ok()) {
      claim = status;
      continue;
    }
    claim->timings.embed_ms = ms_per_sentence * static_cast<double>(given[k].sentences.size());
    claim->timings.total_ms += claim->timings.embed_ms;
  }
}

// All but what models say: its evidence in the order in which it is judged.
Result<ClaimResult> ClaimVerifier::prepare(const ClaimAsk& ask) {
  QUERN_TRY(check_claim(ask.claim));
  ClaimResult out;
  out.id = ask.id;
  out.claim = ask.claim;
  out.nli_model = parts_.entailment->model();
  out.nli_digest = parts_.entailment->digest();
  FoundEvidence found;
  if (ask.evidence) {
    found.sentences = *ask.evidence;
    QUERN_TRY(cut_into_pieces(*parts_.entailment, ask.claim, found.sentences));
  } else if (parts_.search == nullptr) {
    return {Code::kBadInput, "no evidence is given and no corpus to look for it in"};
  } else {
    QUERN_ASSIGN(found, parts_.search->find(ask.claim, ask.wish));
    QUERN_TRY(cut_into_pieces(*parts_.entailment, ask.claim, found.sentences));
    out.corpus = parts_.corpus;
    out.generation = found.generation;
  }
  out.timings.embed_ms = found.vector_ms;
  out.timings.retrieve_ms = found.search_ms;
  if (found.sentences.empty()) out.judgement.reason = why_no_evidence(ask, found);
  for (EvidenceSentence& sentence : found.sentences) {
    ClaimEvidence e;
    e.sentence = std::move(sentence);
    e.i_judged = static_cast<std::uint32_t>(out.evidence.size());
    out.evidence.push_back(std::move(e));
  }
  return out;
}

// The pairs of all claims together, in requests of a size that bounds memory. What is wrong with
// one pair is its claim's error: a verdict without it would be another one.
Status ClaimVerifier::ask_model(std::span<Result<ClaimResult>> claims, engine::WorkClass work_class,
                                const std::function<bool()>& is_stopped) {
  std::vector<NliPair> pairs;
  std::vector<NliAnswer> answers;
  const auto start = Clock::now();
  const auto ask = [&]() -> Status {
    if (is_stopped && is_stopped()) return {Code::kCancelled, "interrupted"};
    QUERN_ASSIGN(std::vector<NliAnswer> some, parts_.entailment->judge(pairs, work_class));
    std::ranges::move(some, std::back_inserter(answers));
    pairs.clear();
    return {};
  };
  for (const Result<ClaimResult>& claim : claims) {
    if (!claim.ok()) continue;
    for (const ClaimEvidence& e : claim->evidence) {
      pairs.push_back(pair_of(claim->claim, e.sentence));
      if (pairs.size() == kPairsTogether) QUERN_TRY(ask());
    }
  }
  if (!pairs.empty()) QUERN_TRY(ask());
  if (answers.empty()) return {};
  const double ms_per_pair = ms_since(start) / static_cast<double>(answers.size());
  std::size_t i_pair = 0;
  for (Result<ClaimResult>& claim : claims) {
    if (!claim.ok()) continue;
    Status failed;
    claim->timings.nli_ms = ms_per_pair * static_cast<double>(claim->evidence.size());
    for (ClaimEvidence& e : claim->evidence) {
      const NliAnswer& answer = answers[i_pair++];
      if (!answer.status.ok() && failed.ok()) {
        failed = answer.status.in(fmt::format("evidence {}", e.i_judged + 1));
      }
      e.logits = {answer.entailment, answer.contradiction, answer.neutral};
      e.n_dropped = answer.n_dropped;
    }
    if (!failed.ok()) claim = failed;
  }
  return {};
}

std::vector<Result<ClaimResult>> ClaimVerifier::verify_all(
    std::span<const ClaimAsk> asks, engine::WorkClass work_class,
    const std::function<bool()>& is_stopped) {
  std::vector<Result<ClaimResult>> out;
  out.reserve(asks.size());
  for (const ClaimAsk& ask : asks) {
    const auto start = Clock::now();
    if (is_stopped && is_stopped()) {
      out.push_back(Status(Code::kCancelled, "interrupted"));
      continue;
    }
    out.push_back(prepare(ask));
    if (out.back().ok()) out.back()->timings.total_ms = ms_since(start);
  }
  measure(asks, out, work_class, is_stopped);
  const Status asked = ask_model(out, work_class, is_stopped);
  for (Result<ClaimResult>& claim : out) {
    if (!claim.ok()) continue;
    if (!asked.ok() && !claim->evidence.empty()) {
      claim = asked;
      continue;
    }
    const auto start = Clock::now();
    const Status judged = judge_evidence(*claim, parts_.calibration);
    if (!judged.ok()) {
      claim = judged;
      continue;
    }
    claim->timings.aggregate_ms = ms_since(start);
    claim->timings.total_ms += claim->timings.nli_ms + claim->timings.aggregate_ms;
  }
  return out;
}

Result<ClaimResult> ClaimVerifier::verify(const ClaimAsk& ask, engine::WorkClass work_class) {
  return std::move(verify_all(std::span(&ask, 1), work_class).front());
}

}  // namespace quern::apps
