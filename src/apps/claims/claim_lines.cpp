#include "apps/claims/claim_lines.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/claims/evidence_search.h"
#include "apps/json_object.h"

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;

Status bad(std::string message) { return {Code::kBadInput, std::move(message)}; }

Result<std::string> text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return bad(fmt::format("no \"{}\"", name));
  if (!found->is_string()) return bad(fmt::format("\"{}\" is no text", name));
  return found->get<std::string>();
}

Result<std::string> text_or_none(const json& object, const char* name) {
  if (!object.contains(name) || object.at(name).is_null()) return std::string();
  return text_of(object, name);
}

// Text, or an integer as text; "" where there is none.
Result<std::string> id_of(const json& object) {
  for (const char* name : {"id", "_id"}) {
    const auto found = object.find(name);
    if (found == object.end() || found->is_null()) continue;
    if (found->is_string()) return found->get<std::string>();
    if (found->is_number_integer()) return found->dump();
    return bad(fmt::format("\"{}\" is neither text nor an integer of 64 bits", name));
  }
  return std::string();
}

Status read_source(const json& object, ClaimSource& out) {
  QUERN_ASSIGN(const std::string key, text_or_none(object, "source"));
  if (!key.empty()) out.key = key;
  QUERN_ASSIGN(out.title, text_or_none(object, "title"));
  QUERN_ASSIGN(out.url, text_or_none(object, "url"));
  QUERN_ASSIGN(out.date, text_or_none(object, "date"));
  QUERN_ASSIGN(out.licence, text_or_none(object, "licence"));
  return {};
}

Result<GivenEvidence> given_from(const json& given, std::size_t i) {
  GivenEvidence out;
  out.source.key = source_of_given(i);
  if (given.is_string()) {
    out.text = given.get<std::string>();
  } else if (given.is_object()) {
    QUERN_ASSIGN(out.text, text_of(given, "text"));
    QUERN_TRY(read_source(given, out.source));
  } else {
    return bad("it is neither text nor an object with \"text\"");
  }
  return out;
}

Result<std::vector<EvidenceSentence>> evidence_from(const json& list) {
  if (!list.is_array()) return bad("\"evidence\" is no list");
  if (list.size() > kMaxGivenEvidence) {
    return {Code::kTooLarge, fmt::format("\"evidence\" has {} items, {} are the most", list.size(),
                                         kMaxGivenEvidence)};
  }
  std::vector<GivenEvidence> given;
  for (std::size_t i = 0; i < list.size(); ++i) {
    QUERN_ASSIGN(given.emplace_back(),
                 given_from(list[i], i).in(fmt::format("evidence {}", i + 1)));
  }
  return sentences_of_given(given);
}

}  // namespace

std::string source_of_given(std::size_t i) { return fmt::format("evidence {}", i + 1); }

Result<ClaimLine> claim_from_line(std::string_view line) {
  if (line.size() > kMaxClaimLineBytes) {
    return {Code::kTooLarge,
            fmt::format("the line has {} bytes, {} is the most", line.size(), kMaxClaimLineBytes)};
  }
  QUERN_ASSIGN(const json object, object_from_json(line));
  ClaimLine out;
  QUERN_ASSIGN(out.ask.id, id_of(object));
  QUERN_ASSIGN(out.ask.claim, text_of(object, "claim"));
  QUERN_TRY(check_claim(out.ask.claim));
  if (object.contains("evidence") && !object.at("evidence").is_null()) {
    QUERN_ASSIGN(out.ask.evidence, evidence_from(object.at("evidence")));
    out.ask.has_unreadable = out.ask.evidence->empty() && !object.at("evidence").empty();
  }
  if (object.contains("label") && !object.at("label").is_null()) {
    QUERN_ASSIGN(const std::string label, text_of(object, "label"));
    QUERN_ASSIGN(out.label, verdict_from_name(label).in("\"label\""));
  }
  return out;
}

std::string id_of_line(std::string_view line) {
  if (line.size() > kMaxClaimLineBytes) return "";
  const Result<json> object = object_from_json(line);
  if (!object.ok()) return "";
  const Result<std::string> id = id_of(*object);
  return id.ok() ? *id : "";
}

std::string json_from_failure(const std::string& id, std::int64_t n_line, const Status& status) {
  const json out = {{"id", id},
                    {"line", n_line},
                    {"error", {{"code", code_name(status.code())}, {"message", status.message()}}}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace quern::apps
