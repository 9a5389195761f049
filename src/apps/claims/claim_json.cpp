#include "apps/claims/claim_json.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;  // The order is part of the bytes.

constexpr Verdict kVerdicts[] = {Verdict::kSupported, Verdict::kRefuted, Verdict::kNotEnoughInfo};

// The double whose shortest decimal is that of the float, so that 0.1f is written as 0.1.
double shortest(float value) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  double out = value;
  if (error == std::errc() && std::isfinite(value)) std::from_chars(text, end, out);
  return out;
}

void put_text(json& out, const char* name, const std::string& text) {
  if (!text.empty()) out[name] = text;
}

void put_number(json& out, const char* name, const std::optional<double>& number) {
  if (number) out[name] = *number;
}

json json_of(const Nearness& nearness) {
  json out = json::object();
  put_number(out, "cosine", nearness.cosine);
  put_number(out, "passage_cosine", nearness.passage_cosine);
  put_number(out, "lexical", nearness.lexical);
  put_number(out, "passage_lexical", nearness.passage_lexical);
  if (nearness.passage_rank > 0) out["passage_rank"] = nearness.passage_rank;
  return out;
}

json json_of(const ByteSpan& span) { return json::array({span.begin, span.end}); }

json json_of(const ClaimMismatch& mismatch) {
  return {{"kind", mismatch_name(mismatch.kind)},
          {"claim", json_of(mismatch.in_claim)},
          {"evidence", json_of(mismatch.in_sentence)},
          {"reason", mismatch.reason}};
}

void put_sentence(json& out, const EvidenceSentence& sentence) {
  const ClaimSource& source = sentence.source;
  out["text"] = sentence.text;
  out["source"] = source.key;
  put_text(out, "title", source.title);
  put_text(out, "url", source.url);
  put_text(out, "date", source.date);
  put_text(out, "licence", source.licence);
  put_text(out, "passage", sentence.passage);
  out["sentence"] = sentence.i_sentence;
  if (sentence.n_pieces > 1) {
    out["piece"] = sentence.i_piece;
    out["n_pieces"] = sentence.n_pieces;
  }
  out["span"] = json_of(sentence.span);
  put_text(out, "before", sentence.before);
  put_text(out, "after", sentence.after);
}

json json_of(const ClaimEvidence& e) {
  json out = {{"i", e.i_judged},
              {"role", voice_name(e.voice.voice)},
              {"weight", e.voice.weight},
              {"relevance", e.voice.relevance},
              {"stance", e.voice.stance},
              {"scores",
               {{"entailment", e.voice.scores.entailment},
                {"contradiction", e.voice.scores.contradiction},
                {"neutral", e.voice.scores.neutral}}},
              {"logits",
               {{"entailment", shortest(e.logits.entailment)},
                {"contradiction", shortest(e.logits.contradiction)},
                {"neutral", shortest(e.logits.neutral)}}}};
  if (e.n_dropped > 0) out["n_dropped"] = e.n_dropped;
  put_sentence(out, e.sentence);
  out["nearness"] = json_of(e.sentence.nearness);
  json mismatches = json::array();
  for (const ClaimMismatch& mismatch : e.mismatches) mismatches.push_back(json_of(mismatch));
  out["mismatches"] = std::move(mismatches);
  return out;
}

json json_of(const ClaimTimings& times) {
  return {{"embed_ms", times.embed_ms},       {"retrieve_ms", times.retrieve_ms},
          {"nli_ms", times.nli_ms},           {"aggregate_ms", times.aggregate_ms},
          {"database_ms", times.database_ms}, {"total_ms", times.total_ms}};
}

void put_judgement(json& out, const Judgement& judgement) {
  out["verdict"] = verdict_name(judgement.verdict);
  out["confidence"] = judgement.confidence;
  json scores = json::object();
  for (const Verdict v : kVerdicts) {
    scores[verdict_name(v)] = judgement.scores[static_cast<std::size_t>(v)];
  }
  out["scores"] = std::move(scores);
  out["conflict"] = judgement.is_conflicting;
  out["abstained"] = judgement.is_abstention;
  json set = json::array();
  for (const Verdict v : judgement.conformal_set) set.push_back(verdict_name(v));
  out["conformal_set"] = std::move(set);
  out["reason"] = judgement.reason;
}

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Texts are cut: a difference is to be found, not read.
std::string brief(const json& value) {
  constexpr std::size_t kMost = 60;
  std::string text = dumped(value);
  if (text.size() > kMost) text = text.substr(0, kMost) + "...";
  return text;
}

std::string difference(const std::string& at, const json& was, const json& is);

std::string difference_of_objects(const std::string& at, const json& was, const json& is) {
  const auto below = [&at](const std::string& name) { return at.empty() ? name : at + "." + name; };
  for (const auto& [name, value] : was.items()) {
    if (!is.contains(name)) {
      return fmt::format("{} is missing, was {}", below(name), brief(value));
    }
    std::string found = difference(below(name), value, is[name]);
    if (!found.empty()) return found;
  }
  for (const auto& [name, value] : is.items()) {
    if (!was.contains(name))
      return fmt::format("{} is {}, was not there", below(name), brief(value));
  }
  return "";
}

std::string difference(const std::string& at, const json& was, const json& is) {
  if (was.is_object() && is.is_object()) return difference_of_objects(at, was, is);
  if (was.is_array() && is.is_array() && was.size() == is.size()) {
    for (std::size_t i = 0; i < was.size(); ++i) {
      std::string found = difference(fmt::format("{}[{}]", at, i), was[i], is[i]);
      if (!found.empty()) return found;
    }
    return "";
  }
  if (was == is) return "";
  return fmt::format("{} is {}, was {}", at.empty() ? "it" : at, brief(is), brief(was));
}

}  // namespace

const char* voice_name(Voice voice) {
  switch (voice) {
    case Voice::kSupports:
      return "supports";
    case Voice::kRefutes:
      return "refutes";
    case Voice::kNeutral:
      return "neutral";
    case Voice::kIrrelevant:
      return "irrelevant";
    case Voice::kRepeats:
      return "repeats";
    case Voice::kUnread:
      return "unread";
  }
  return "neutral";
}

std::string json_from_claim(const ClaimResult& result, ClaimTimes times) {
  json out = {{"id", result.id}, {"claim", result.claim}};
  put_judgement(out, result.judgement);
  json evidence = json::array();
  for (const ClaimEvidence& e : result.evidence) evidence.push_back(json_of(e));
  out["evidence"] = std::move(evidence);
  out["corpus"] = result.corpus;
  out["generation"] = result.generation;
  out["model"] = {{"name", result.nli_model}, {"digest", result.nli_digest}};
  out["calibration"] = result.calibration;
  out["pipeline"] = result.pipeline;
  if (times == ClaimTimes::kGiven) out["timings"] = json_of(result.timings);
  return dumped(out);
}

std::string first_json_difference(std::string_view was, std::string_view is) {
  if (was == is) return "";
  const json before = json::parse(was, nullptr, /*allow_exceptions=*/false);
  const json now = json::parse(is, nullptr, /*allow_exceptions=*/false);
  if (before.is_discarded() || now.is_discarded()) return "it is no JSON";
  const std::string found = difference("", before, now);
  return found.empty() ? "its bytes are not the same" : found;
}

}  // namespace quern::apps
