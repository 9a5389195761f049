// The reader of what claim_json.cpp writes. The bytes come from a file that anybody may have
// changed: whatever they are, there is a claim or an error.

#include <cmath>
#include <cstdint>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/claims/claim_json.h"
#include "apps/json_object.h"

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;

/// The fields of an object. After the first one that is missing or of another kind all others are
/// empty; status() tells which it was.
class Fields {
 public:
  Fields(const json& object, Status& status) : object_(object), status_(status) {}

  std::string text(const char* name) const {
    const json* found = find(name);
    if (found == nullptr || !found->is_string()) return refuse(name, found), std::string();
    return found->get<std::string>();
  }
  std::string text_or_none(const char* name) const { return has(name) ? text(name) : ""; }

  double number(const char* name) const {
    const json* found = find(name);
    if (found == nullptr || !found->is_number()) return refuse(name, found), 0.0;
    return found->get<double>();
  }
  float real(const char* name) const {
    const double value = number(name);
    if (std::abs(value) <= std::numeric_limits<float>::max()) return static_cast<float>(value);
    return refuse(name, find(name)), 0.0f;
  }
  std::optional<double> number_or_none(const char* name) const {
    if (!has(name)) return {};
    return number(name);
  }

  std::uint64_t count(const char* name, std::uint64_t most) const {
    const json* found = find(name);
    if (found == nullptr || !found->is_number_unsigned() || found->get<std::uint64_t>() > most) {
      return refuse(name, found), 0;
    }
    return found->get<std::uint64_t>();
  }

  bool flag(const char* name) const {
    const json* found = find(name);
    if (found == nullptr || !found->is_boolean()) return refuse(name, found), false;
    return found->get<bool>();
  }

  ByteSpan span(const char* name) const {
    const json* found = find(name);
    const auto is_byte = [](const json& n) { return n.is_number_unsigned(); };
    if (found == nullptr || !found->is_array() || found->size() != 2 || !is_byte((*found)[0]) ||
        !is_byte((*found)[1])) {
      return refuse(name, found), ByteSpan();
    }
    return {.begin = (*found)[0].get<std::size_t>(), .end = (*found)[1].get<std::size_t>()};
  }

  Fields object(const char* name) const {
    const json* found = find(name);
    if (found == nullptr || !found->is_object()) refuse(name, found);
    return {found != nullptr && found->is_object() ? *found : nothing(), status_};
  }

  const json& list(const char* name) const {
    const json* found = find(name);
    if (found == nullptr || !found->is_array()) refuse(name, found);
    return found != nullptr && found->is_array() ? *found : nothing();
  }

  bool has(const char* name) const { return object_.is_object() && object_.contains(name); }

  /// What `read` makes of a text. `read` gives a Result.
  template <typename Read>
  auto named(const char* name, Read&& read) const {
    auto made = read(text(name));
    if (!made.ok() && status_.ok()) status_ = made.status().in(name);
    return made.ok() ? *made : std::decay_t<decltype(*made)>();
  }

 private:
  static const json& nothing() {
    static const json none = json::array();
    return none;
  }
  const json* find(const char* name) const {
    if (!has(name)) return nullptr;
    return &object_.at(name);
  }
  void refuse(const char* name, const json* found) const {
    if (!status_.ok()) return;
    status_ = {Code::kBadInput,
               fmt::format("\"{}\" is {}", name, found == nullptr ? "missing" : "of another kind")};
  }

  const json& object_;
  Status& status_;
};

constexpr std::uint64_t kMost32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kMostInt = std::numeric_limits<int>::max();

Result<Voice> voice_from_name(const std::string& name) {
  for (const Voice voice : {Voice::kSupports, Voice::kRefutes, Voice::kNeutral, Voice::kIrrelevant,
                            Voice::kRepeats, Voice::kUnread}) {
    if (name == voice_name(voice)) return voice;
  }
  return Status(Code::kBadInput, fmt::format("there is no role '{}'", name));
}

Result<MismatchKind> mismatch_from_name(const std::string& name) {
  for (const MismatchKind kind :
       {MismatchKind::kNumber, MismatchKind::kDate, MismatchKind::kUnit, MismatchKind::kNegation}) {
    if (name == mismatch_name(kind)) return kind;
  }
  return Status(Code::kBadInput, fmt::format("there is no mismatch '{}'", name));
}

NliScores scores_from(const Fields& f) {
  return {.entailment = f.number("entailment"),
          .contradiction = f.number("contradiction"),
          .neutral = f.number("neutral")};
}

EvidenceSentence sentence_from(const Fields& f) {
  EvidenceSentence out;
  out.source = {.key = f.text("source"),
                .title = f.text_or_none("title"),
                .url = f.text_or_none("url"),
                .date = f.text_or_none("date"),
                .licence = f.text_or_none("licence")};
  out.passage = f.text_or_none("passage");
  out.i_sentence = static_cast<std::uint32_t>(f.count("sentence", kMost32));
  if (f.has("n_pieces")) {
    out.i_piece = static_cast<std::uint32_t>(f.count("piece", kMost32));
    out.n_pieces = static_cast<std::uint32_t>(f.count("n_pieces", kMost32));
  }
  out.text = f.text("text");
  out.span = f.span("span");
  out.before = f.text_or_none("before");
  out.after = f.text_or_none("after");
  const Fields nearness = f.object("nearness");
  out.nearness.cosine = nearness.number_or_none("cosine");
  out.nearness.passage_cosine = nearness.number_or_none("passage_cosine");
  out.nearness.lexical = nearness.number_or_none("lexical");
  out.nearness.passage_lexical = nearness.number_or_none("passage_lexical");
  if (nearness.has("passage_rank")) {
    out.nearness.passage_rank = static_cast<std::uint32_t>(nearness.count("passage_rank", kMost32));
  }
  return out;
}

ClaimEvidence evidence_from(const json& object, Status& status) {
  const Fields f(object, status);
  ClaimEvidence out;
  out.sentence = sentence_from(f);
  out.i_judged = static_cast<std::uint32_t>(f.count("i", kMost32));
  const Fields logits = f.object("logits");
  out.logits = {.entailment = logits.real("entailment"),
                .contradiction = logits.real("contradiction"),
                .neutral = logits.real("neutral")};
  if (f.has("n_dropped")) out.n_dropped = static_cast<int>(f.count("n_dropped", kMostInt));
  out.voice = {.voice = f.named("role", voice_from_name),
               .scores = scores_from(f.object("scores")),
               .relevance = f.number("relevance"),
               .stance = f.number("stance"),
               .weight = f.number("weight")};
  for (const json& mismatch : f.list("mismatches")) {
    const Fields m(mismatch, status);
    out.mismatches.push_back({.kind = m.named("kind", mismatch_from_name),
                              .in_claim = m.span("claim"),
                              .in_sentence = m.span("evidence"),
                              .reason = m.text("reason")});
  }
  return out;
}

Judgement judgement_from(const Fields& f, Status& status) {
  Judgement out;
  out.verdict = f.named("verdict", verdict_from_name);
  out.confidence = f.number("confidence");
  const Fields scores = f.object("scores");
  for (const Verdict v : {Verdict::kSupported, Verdict::kRefuted, Verdict::kNotEnoughInfo}) {
    out.scores[static_cast<std::size_t>(v)] = scores.number(verdict_name(v));
  }
  out.is_conflicting = f.flag("conflict");
  out.is_abstention = f.flag("abstained");
  for (const json& name : f.list("conformal_set")) {
    const Result<Verdict> verdict =
        verdict_from_name(name.is_string() ? name.get<std::string>() : std::string());
    if (!verdict.ok() && status.ok()) status = verdict.status().in("conformal_set");
    if (verdict.ok()) out.conformal_set.push_back(*verdict);
  }
  out.reason = f.text("reason");
  return out;
}

}  // namespace

Result<ClaimResult> claim_from_json(std::string_view text) {
  QUERN_ASSIGN(const json object, object_from_json(text));
  Status status;
  const Fields f(object, status);
  ClaimResult out;
  out.id = f.text("id");
  out.claim = f.text("claim");
  out.judgement = judgement_from(f, status);
  for (const json& e : f.list("evidence")) out.evidence.push_back(evidence_from(e, status));
  out.corpus = f.text("corpus");
  out.generation = static_cast<store::GenerationId>(
      f.count("generation", std::numeric_limits<std::int64_t>::max()));
  const Fields model = f.object("model");
  out.nli_model = model.text("name");
  out.nli_digest = model.text("digest");
  out.calibration = f.text("calibration");
  out.pipeline = f.text("pipeline");
  QUERN_TRY(status);
  return out;
}

}  // namespace quern::apps
