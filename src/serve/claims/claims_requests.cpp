#include "serve/claims/claims_requests.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "apps/claims/claim_lines.h"
#include "base/utf8.h"
#include "serve/json/json_members.h"
#include "serve/json/json_text.h"

namespace quern::serve {
namespace {

constexpr int kMaxPage = 100;

/// Reads fields by name and passes over the others. A null is as no field.
template <typename ReadField>
Problem read_body(std::string& body, const ReadField& read_field) {
  return read_fields(body, [&](std::string_view key, JsonValue value) -> Problem {
    bool is_null = false;
    if (Problem problem = read_null(value, {key}, is_null)) return problem;
    if (is_null) return {};
    return read_field(key, value);
  });
}

Problem wrong(const JsonPlace& place, const std::string& why) {
  const std::string at = place.text();
  return bad_request(at + ": " + why, at);
}

int count_characters(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

/// A text of 1 to `n_most` characters, not of white space alone.
Problem read_text(JsonValue value, const JsonPlace& place, int n_most, std::string& out) {
  if (Problem problem = read_string(value, place, out)) return problem;
  if (out.find_first_not_of(" \t\r\n") == out.npos) return wrong(place, "is empty");
  const int n = count_characters(out);
  if (n <= n_most) return {};
  return wrong(place, fmt::format("has {} characters, at most {} are taken", n, n_most));
}

Problem read_up_to(JsonValue value, const JsonPlace& place, int high, int& out) {
  std::int64_t number = 0;
  if (Problem problem = read_integer(value, place, {.low = 1, .high = high}, number)) {
    return problem;
  }
  out = static_cast<int>(number);
  return {};
}

Problem read_mode(JsonValue value, const JsonPlace& place, store::Mode& out) {
  return read_choice<store::Mode>(value, place,
                                  {{"hybrid", store::Mode::kHybrid},
                                   {"vector", store::Mode::kDense},
                                   {"keyword", store::Mode::kLexical}},
                                  out);
}

Problem read_corpora(JsonValue value, const JsonPlace& place, std::vector<std::string>& out) {
  out.clear();
  Problem problem = read_list(
      value, place, "a list of names", [&](JsonValue item, const JsonPlace& at) -> Problem {
        if (out.size() >= kMaxCorpora) {
          return wrong(place, fmt::format("names more than {} corpora", kMaxCorpora));
        }
        return read_text(item, at, kMaxQueryCharacters, out.emplace_back());
      });
  if (problem) return problem;
  if (out.empty()) return wrong(place, "is empty; without it all corpora are searched");
  return {};
}

Problem read_given_text(JsonValue value, const JsonPlace& place, apps::GivenEvidence& out) {
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, place);
  if (type == JsonType::string) return read_text(value, place, kMaxGivenCharacters, out.text);
  Problem problem =
      read_object(value, place, [&](std::string_view key, JsonValue member) -> Problem {
        bool is_null = false;
        if (Problem bad = read_null(member, place, is_null)) return bad;
        if (is_null) return {};
        const auto text = [&](std::string& to) {
          return read_text(member, place, kMaxPremiseCharacters, to);
        };
        if (key == "text" || key == "content") {
          return read_text(member, place, kMaxGivenCharacters, out.text);
        }
        if (key == "source" || key == "id") return text(out.source.key);
        if (key == "title") return text(out.source.title);
        if (key == "url" || key == "source_url") return text(out.source.url);
        if (key == "date" || key == "publication_date") return text(out.source.date);
        if (key == "licence") return text(out.source.licence);
        return skip_json(member, place);
      });
  if (problem) return problem;
  if (out.text.empty()) return wrong(place, "wants a text");
  return {};
}

Problem read_all_given(JsonValue value, const JsonPlace& place,
                       std::optional<std::vector<apps::GivenEvidence>>& out) {
  out.emplace();
  return read_list(value, place, "a list of texts, or of objects with \"text\"",
                   [&](JsonValue item, const JsonPlace& at) -> Problem {
                     if (out->size() >= kMaxGivenTexts) {
                       return wrong(place, fmt::format("has more than {} texts", kMaxGivenTexts));
                     }
                     apps::GivenEvidence& given = out->emplace_back();
                     given.source.key = apps::source_of_given(out->size() - 1);
                     return read_given_text(item, at, given);
                   });
}

void append_given(std::string& out, const std::vector<apps::GivenEvidence>& evidence) {
  out += ",\"evidence\":[";
  for (const apps::GivenEvidence& given : evidence) {
    if (out.back() != '[') out += ',';
    JsonMembers members(out);
    members.text("text", given.text);
    members.text("source", given.source.key);
    members.text_or_null("title", given.source.title);
    members.text_or_null("url", given.source.url);
    members.text_or_null("date", given.source.date);
    members.text_or_null("licence", given.source.licence);
    members.end();
  }
  out += ']';
}

class VerifyReader {
 public:
  explicit VerifyReader(VerifyRequest& out) : out_(out) {}

  Problem read_field(std::string_view key, JsonValue value) {
    if (key == "claim_id") return read_id(value);
    if (key == "claim_text" || key == "claim") {
      return read_text(value, {key}, kMaxClaimCharacters, out_.claim_text);
    }
    if (key == "corpus_ids") return read_corpora(value, {key}, out_.corpus_ids);
    if (key == "evidence") return read_all_given(value, {key}, out_.evidence);
    if (key == "options") {
      return read_object(value, {key}, [&](std::string_view name, JsonValue member) -> Problem {
        const JsonPlace place{.field = "options", .member = name};
        bool is_null = false;
        if (Problem problem = read_null(member, place, is_null)) return problem;
        return is_null ? Problem() : read_option(name, member, place);
      });
    }
    return read_option(key, value, {key});
  }

 private:
  Problem read_id(JsonValue value) {
    if (Problem problem = read_string(value, {"claim_id"}, out_.claim_id)) return problem;
    if (!out_.claim_id.empty() && out_.claim_id.size() <= kMaxClaimId) return {};
    return wrong({"claim_id"},
                 fmt::format("has {} bytes, wanted 1 to {}", out_.claim_id.size(), kMaxClaimId));
  }

  Problem read_option(std::string_view key, JsonValue value, const JsonPlace& place) {
    if (key == "max_evidence_items" || key == "max_evidence") {
      return read_up_to(value, place, kMaxEvidenceItems, out_.n_evidence);
    }
    if (key == "confidence_threshold") return read_number(value, place, 0, 1, out_.threshold);
    if (key == "return_reasoning") return read_flag(value, place, out_.wants_reasoning);
    if (key == "search_mode") return read_mode(value, place, out_.mode);
    return skip_json(value, place);
  }

  VerifyRequest& out_;
};

Problem read_pair(JsonValue value, const JsonPlace& place, apps::NliPair& out) {
  JsonType type{};
  if (const auto error = value.type().get(type)) return not_json(error, place);
  std::string* const sides[] = {&out.premise, &out.hypothesis};
  if (type == JsonType::object) {
    Problem problem = read_object(value, place, [&](std::string_view key, JsonValue member) {
      if (key == "premise") return read_text(member, place, kMaxPremiseCharacters, out.premise);
      if (key == "hypothesis") {
        return read_text(member, place, kMaxPremiseCharacters, out.hypothesis);
      }
      return skip_json(member, place);
    });
    if (problem) return problem;
  } else {
    std::size_t n = 0;
    Problem problem = read_list(value, place, "a list of premise and hypothesis",
                                [&](JsonValue item, const JsonPlace&) -> Problem {
                                  if (n == 2) return wrong(place, "has more than two texts");
                                  return read_text(item, place, kMaxPremiseCharacters, *sides[n++]);
                                });
    if (problem) return problem;
  }
  if (!out.premise.empty() && !out.hypothesis.empty()) return {};
  return wrong(place, "wants a premise and a hypothesis");
}

}  // namespace

const char* search_mode_name(store::Mode mode) {
  if (mode == store::Mode::kDense) return "vector";
  return mode == store::Mode::kLexical ? "keyword" : "hybrid";
}

Problem parse_claim_request(std::string& body, ClaimRequest& out) {
  Problem problem = read_body(body, [&](std::string_view key, JsonValue value) -> Problem {
    if (key == "text") return read_text(value, {key}, kMaxClaimCharacters, out.text);
    if (key == "source_url") return read_text(value, {key}, kMaxPremiseCharacters, out.source_url);
    return skip_json(value, {key});
  });
  if (problem) return problem;
  if (out.text.empty()) return wrong({"text"}, "is missing, wanted a claim");
  return {};
}

Problem parse_verify_request(std::string& body, VerifyRequest& out) {
  VerifyReader reader(out);
  return read_body(
      body, [&](std::string_view key, JsonValue value) { return reader.read_field(key, value); });
}

std::string verify_request_json(const VerifyRequest& request) {
  std::string out = "{\"claim_id\":";
  append_json_string(out, request.claim_id);
  out += ",\"claim_text\":";
  append_json_string(out, request.claim_text);
  if (!request.corpus_ids.empty()) {
    out += ',';
    append_json_strings(out, "corpus_ids", request.corpus_ids);
  }
  if (request.evidence) append_given(out, *request.evidence);
  return out + fmt::format(
                   ",\"options\":{{\"max_evidence_items\":{},\"confidence_threshold\":{},"
                   "\"return_reasoning\":{},\"search_mode\":\"{}\"}}}}",
                   request.n_evidence, request.threshold, request.wants_reasoning,
                   search_mode_name(request.mode));
}

Problem parse_texts_request(std::string& body, TextsRequest& out) {
  Problem problem = read_body(body, [&](std::string_view key, JsonValue value) -> Problem {
    if (key == "model") return read_text(value, {key}, kMaxQueryCharacters, out.model);
    if (key != "texts") return skip_json(value, {key});
    out.texts.clear();
    return read_list(
        value, {key}, "a list of texts", [&](JsonValue item, const JsonPlace& at) -> Problem {
          if (out.texts.size() >= kMaxEmbedTexts) {
            return wrong({"texts"}, fmt::format("has more than {} texts", kMaxEmbedTexts));
          }
          return read_text(item, at, 1 << 20, out.texts.emplace_back());
        });
  });
  if (problem) return problem;
  if (out.texts.empty()) return wrong({"texts"}, "is missing or empty, wanted a list of texts");
  return {};
}

Problem parse_evidence_request(std::string& body, EvidenceRequest& out) {
  Problem problem = read_body(body, [&](std::string_view key, JsonValue value) -> Problem {
    if (key == "query") return read_text(value, {key}, kMaxQueryCharacters, out.query);
    if (key == "limit") return read_up_to(value, {key}, kMaxFoundItems, out.n_wanted);
    if (key == "mode") return read_mode(value, {key}, out.mode);
    if (key == "min_similarity") return read_number(value, {key}, 0, 1, out.least_similarity);
    if (key == "source_filter") return read_string(value, {key}, out.source_url);
    if (key == "corpus_ids") return read_corpora(value, {key}, out.corpus_ids);
    return skip_json(value, {key});
  });
  if (problem) return problem;
  if (out.query.empty()) return wrong({"query"}, "is missing, wanted what is looked for");
  return {};
}

Problem parse_nli_request(std::string& body, apps::NliPair& out) {
  Problem problem = read_body(body, [&](std::string_view key, JsonValue value) -> Problem {
    if (key == "premise") return read_text(value, {key}, kMaxPremiseCharacters, out.premise);
    if (key == "hypothesis") {
      return read_text(value, {key}, kMaxPremiseCharacters, out.hypothesis);
    }
    return skip_json(value, {key});
  });
  if (problem) return problem;
  if (out.premise.empty()) return wrong({"premise"}, "is missing, wanted what is known");
  if (out.hypothesis.empty()) return wrong({"hypothesis"}, "is missing, wanted what is claimed");
  return {};
}

Problem parse_nli_batch_request(std::string& body, std::vector<apps::NliPair>& out) {
  Problem problem = read_body(body, [&](std::string_view key, JsonValue value) -> Problem {
    if (key != "pairs") return skip_json(value, {key});
    out.clear();
    return read_list(
        value, {key}, "a list of pairs", [&](JsonValue item, const JsonPlace& at) -> Problem {
          if (out.size() >= kMaxNliPairs) {
            return wrong({"pairs"}, fmt::format("has more than {} pairs", kMaxNliPairs));
          }
          return read_pair(item, at, out.emplace_back());
        });
  });
  if (problem) return problem;
  if (out.empty()) return wrong({"pairs"}, "is missing or empty, wanted a list of pairs");
  return {};
}

Problem id_problem(std::string_view id) {
  if (!id.empty() && id.size() <= kMaxClaimId && is_valid_utf8(id)) return {};
  HttpError problem = http_error(
      422, fmt::format("id: wanted 1 to {} bytes of UTF-8, has {}", kMaxClaimId, id.size()));
  problem.param = "path.id";
  return problem;
}

Problem parse_page_request(std::string_view query, PageRequest& out) {
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    const std::size_t equals = part.find('=');
    const std::string_view name = part.substr(0, equals);
    if (name != "skip" && name != "limit") continue;
    const bool is_skip = name == "skip";
    const std::string_view text = equals == part.npos ? "" : part.substr(equals + 1);
    int number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < (is_skip ? 0 : 1) ||
        (!is_skip && number > kMaxPage)) {
      return bad_request(fmt::format("{}: wanted {}", name,
                                     is_skip ? "a number from 0 on" : "a number from 1 to 100"),
                         std::string(name));
    }
    (is_skip ? out.n_skipped : out.n_most) = number;
  }
  return {};
}

}  // namespace quern::serve
