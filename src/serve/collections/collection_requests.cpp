#include "serve/collections/collection_requests.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "serve/json/json_reader.h"
#include "serve/scoring/scoring_fields.h"

namespace quern::serve {
namespace {

constexpr std::int64_t kMaxDeadlineMs = 3'600'000;
constexpr std::size_t kMaxVector = 65'536;

/// Reads fields by name and passes over the others, as all routes do. A null is as no field.
template <typename ReadField>
Problem read_body(std::string& body, const ReadField& read_field) {
  return read_fields(body, [&](std::string_view key, JsonValue value) -> Problem {
    bool is_null = false;
    if (Problem problem = read_null(value, {key}, is_null)) return problem;
    if (is_null) return {};
    return read_field(key, value);
  });
}

Problem read_up_to(JsonValue value, const JsonPlace& place, std::int64_t high, auto& out) {
  std::int64_t number = 0;
  if (Problem problem = read_integer(value, place, {.low = 1, .high = high}, number)) {
    return problem;
  }
  out = static_cast<std::remove_reference_t<decltype(out)>>(number);
  return {};
}

Problem read_optional(JsonValue value, const JsonPlace& place, std::optional<std::string>& out) {
  return read_string(value, place, out.emplace());
}

Problem read_vector(JsonValue value, std::vector<float>& out) {
  constexpr float kMost = std::numeric_limits<float>::max();
  return read_list(value, {"vector"}, "a list of numbers",
                   [&](JsonValue item, const JsonPlace& at) -> Problem {
                     if (out.size() >= kMaxVector) {
                       return bad_request("vector: has too many numbers", "vector");
                     }
                     return read_number(item, at, -kMost, kMost, out.emplace_back());
                   });
}

/// Fields of the question that are about fusion.
struct FusionFields {
  std::optional<store::FusionKind> kind;
  bool is_fitted = false;  // In its place.
  std::optional<float> alpha;
  std::optional<float> k;

  bool is_given() const { return kind || alpha || k; }
  store::FusionSpec spec() const {
    store::FusionSpec out;
    if (kind) out.kind = *kind;
    if (alpha) out.alpha = double{*alpha};
    if (k) out.k = double{*k};
    return out;
  }
};

class SearchReader {
 public:
  explicit SearchReader(SearchRequest& out) : out_(out) {}

  Problem read_field(std::string_view key, JsonValue value) {
    apps::Ask& ask = out_.ask;
    if (key == "query") return read_string(value, {key}, ask.text);
    if (key == "vector") return read_vector(value, ask.vector);
    if (key == "filter") return read_string(value, {key}, out_.filter);
    if (key == "top") return read_up_to(value, {key}, kMaxTop, ask.n_wanted);
    if (key == "window") return read_up_to(value, {key}, kMaxWindow, ask.window);
    if (key == "rerank") return read_string(value, {key}, out_.rerank);
    if (key == "rerank_top") return read_up_to(value, {key}, kMaxTop, out_.n_reranked);
    if (key == "deadline_ms") return read_up_to(value, {key}, kMaxDeadlineMs, out_.deadline_ms);
    if (key == "operators") {
      return read_switch(value, key, [&] { ask.syntax = store::QuerySyntax::kOperators; });
    }
    if (key == "exact") {
      return read_switch(value, key, [&] { ask.exactness = store::Exactness::kExact; });
    }
    if (key == "diversity") return read_number(value, {key}, 0, 1, ask.diversity.emplace());
    if (key == "explain") return read_flag(value, {key}, ask.is_explained);
    if (key == "group") return read_up_to(value, {key}, kMaxTop, ask.n_children.emplace());
    if (key == "mode") return read_mode(value);
    return read_fusion(key, value);
  }

  Problem check() {
    if (out_.ask.text.empty() && out_.ask.vector.empty()) {
      return bad_request("query: is missing, wanted what is looked for", "query");
    }
    out_.wants_fitted = fusion_.is_fitted;
    if (fusion_.is_fitted && fusion_.alpha) {
      return bad_request("alpha: has no place in a fitted fusion, whose weights were learnt",
                         "alpha");
    }
    if (fusion_.k && fusion_.kind != store::FusionKind::kRrf) {
      return bad_request("k: is for the fusion rrf alone", "k");
    }
    if (fusion_.is_given()) out_.ask.fusion.emplace().spec = fusion_.spec();
    return {};
  }

 private:
  template <typename Set>
  Problem read_switch(JsonValue value, std::string_view key, const Set& set) {
    bool is_on = false;
    if (Problem problem = read_flag(value, {key}, is_on)) return problem;
    if (is_on) set();
    return {};
  }

  Problem read_mode(JsonValue value) {
    return read_choice<std::optional<store::Mode>>(value, {"mode"},
                                                   {{"bm25", store::Mode::kLexical},
                                                    {"dense", store::Mode::kDense},
                                                    {"hybrid", store::Mode::kHybrid}},
                                                   out_.ask.mode);
  }

  Problem read_fusion(std::string_view key, JsonValue value) {
    if (key == "fusion") {
      const Problem problem =
          read_choice<std::optional<store::FusionKind>>(value, {key},
                                                        {{"minmax", store::FusionKind::kMinMax},
                                                         {"zscore", store::FusionKind::kZScore},
                                                         {"rrf", store::FusionKind::kRrf},
                                                         {"dbsf", store::FusionKind::kDbsf},
                                                         {"fitted", std::nullopt}},
                                                        fusion_.kind);
      fusion_.is_fitted = !problem && !fusion_.kind;
      return problem;
    }
    if (key == "alpha") return read_number(value, {key}, 0, 1, fusion_.alpha.emplace());
    if (key == "k") return read_number(value, {key}, 1e-3, 1e6, fusion_.k.emplace());
    return skip_json(value, {key});
  }

  SearchRequest& out_;
  FusionFields fusion_;
};

Problem read_given(JsonValue value, std::optional<apps::GivenVectors>& out) {
  return read_choice<std::optional<apps::GivenVectors>>(
      value, {"vectors"},
      {{"model", apps::GivenVectors::kIgnore}, {"given", apps::GivenVectors::kTake}}, out);
}

}  // namespace

std::optional<HttpError> parse_create_request(std::string& body, CreateRequest& out) {
  constexpr int kMostDimensions = static_cast<int>(kMaxVector);
  Problem problem = read_body(body, [&](std::string_view key, JsonValue value) -> Problem {
    if (key == "name") return read_string(value, {key}, out.name);
    if (key == "fields") return read_string(value, {key}, out.fields);
    if (key == "attributes") return read_string(value, {key}, out.attributes);
    if (key == "analyzer") return read_string(value, {key}, out.analyzer);
    if (key == "k1") return read_number(value, {key}, 0, 100, out.k1);
    if (key == "b") return read_number(value, {key}, 0, 1, out.b);
    if (key == "model") return read_string(value, {key}, out.model);
    if (key == "metric") return read_string(value, {key}, out.metric);
    if (key == "dimensions") return read_up_to(value, {key}, kMostDimensions, out.dimensions);
    if (key == "given_dimensions") {
      return read_up_to(value, {key}, kMostDimensions, out.given_dimensions);
    }
    if (key == "text_prompt") return read_optional(value, {key}, out.text_prompt);
    if (key == "long_texts") return read_string(value, {key}, out.long_texts);
    if (key == "query_prompt") return read_optional(value, {key}, out.query_prompt);
    return skip_json(value, {key});
  });
  if (problem) return problem;
  if (out.name.empty()) return bad_request("name: is missing, wanted a name", "name");
  if (out.given_dimensions > 0 && !out.model.empty()) {
    return bad_request("given_dimensions: vectors come from a model or are given, not both",
                       "given_dimensions");
  }
  return {};
}

std::optional<HttpError> parse_documents_request(std::string& body, int max_documents,
                                                 DocumentsRequest& out) {
  bool has_documents = false;
  Problem problem = read_body(body, [&](std::string_view key, JsonValue value) -> Problem {
    if (key == "vectors") return read_given(value, out.vectors);
    if (key != "documents") return skip_json(value, {key});
    has_documents = true;
    out.documents.clear();  // Of a repeated field the last one counts.
    return read_list(
        value, {key}, "a list of objects", [&](JsonValue item, const JsonPlace& at) -> Problem {
          if (Problem over =
                  check_limit(out.documents.size() + 1, max_documents, at.field, "has")) {
            return over;
          }
          std::string_view raw;
          if (const auto error = simdjson::to_json_string(item).get(raw)) {
            return not_json(error, at);
          }
          out.documents.emplace_back(raw);
          return {};
        });
  });
  if (problem) return problem;
  if (!has_documents) {
    return bad_request("documents: is missing, wanted a list of objects", "documents");
  }
  return {};
}

std::optional<HttpError> parse_erase_request(std::string& body, int max_ids,
                                             std::vector<std::string>& ids) {
  bool has_ids = false;
  Problem problem = read_body(body, [&](std::string_view key, JsonValue value) -> Problem {
    if (key != "ids") return skip_json(value, {key});
    has_ids = true;
    ids.clear();
    return read_list(value, {key}, "a list of ids",
                     [&](JsonValue item, const JsonPlace& at) -> Problem {
                       if (Problem over = check_limit(ids.size() + 1, max_ids, at.field, "has")) {
                         return over;
                       }
                       return read_string(item, at, ids.emplace_back());
                     });
  });
  if (problem) return problem;
  if (!has_ids) return bad_request("ids: is missing, wanted a list of ids", "ids");
  return {};
}

std::optional<HttpError> parse_search_request(std::string& body, SearchRequest& out) {
  SearchReader reader(out);
  Problem problem = read_body(
      body, [&](std::string_view key, JsonValue value) { return reader.read_field(key, value); });
  return problem ? problem : reader.check();
}

}  // namespace quern::serve
