#include "apps/claims/scifact_claims.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/claims/verify_claim.h"
#include "apps/json_object.h"

namespace quern::apps {
namespace {

using json = nlohmann::ordered_json;

Status bad(std::string message) { return {Code::kBadInput, std::move(message)}; }

Result<std::vector<std::uint32_t>> sentences_from(const json& list) {
  constexpr std::uint64_t kMost = 100'000;
  if (!list.is_array()) return bad("\"sentences\" is no list");
  std::vector<std::uint32_t> out;
  for (const json& number : list) {
    if (!number.is_number_unsigned() || number.get<std::uint64_t>() > kMost) {
      return bad("\"sentences\" holds what is no number of a sentence");
    }
    out.push_back(number.get<std::uint32_t>());
  }
  return out;
}

Result<SciFactAbstract> abstract_from(const json& rationales) {
  if (!rationales.is_array() || rationales.empty()) return bad("it is no list of sentences");
  SciFactAbstract out;
  for (const json& rationale : rationales) {
    if (!rationale.is_object() || !rationale.contains("sentences") ||
        !rationale.contains("label") || !rationale.at("label").is_string()) {
      return bad("want \"sentences\" and \"label\"");
    }
    QUERN_ASSIGN(const Verdict label, verdict_from_name(rationale.at("label").get<std::string>()));
    if (!out.rationales.empty() && label != out.label) return bad("it has two labels");
    out.label = label;
    QUERN_ASSIGN(out.rationales.emplace_back(), sentences_from(rationale.at("sentences")));
  }
  return out;
}

}  // namespace

Result<SciFactClaim> scifact_claim_from_line(std::string_view line) {
  QUERN_ASSIGN(const json object, object_from_json(line));
  SciFactClaim out;
  const auto id = object.find("id");
  if (id == object.end() || !(id->is_number_integer() || id->is_string())) return bad("no \"id\"");
  out.id = id->is_string() ? id->get<std::string>() : id->dump();
  const auto claim = object.find("claim");
  if (claim == object.end() || !claim->is_string()) return bad("no text \"claim\"");
  out.claim = claim->get<std::string>();
  QUERN_TRY(check_claim(out.claim));
  const auto evidence = object.find("evidence");
  if (evidence == object.end() || !evidence->is_object()) return bad("no object \"evidence\"");
  for (const auto& [doc, rationales] : evidence->items()) {
    QUERN_ASSIGN(out.evidence[doc],
                 abstract_from(rationales).in(fmt::format("evidence \"{}\"", doc)));
  }
  return out;
}

Verdict label_of(const SciFactClaim& claim) {
  if (claim.evidence.empty()) return Verdict::kNotEnoughInfo;
  const auto n_supporting = std::ranges::count_if(claim.evidence, [](const auto& abstract) {
    return abstract.second.label == Verdict::kSupported;
  });
  return 2 * static_cast<std::size_t>(n_supporting) >= claim.evidence.size() ? Verdict::kSupported
                                                                             : Verdict::kRefuted;
}

}  // namespace quern::apps
