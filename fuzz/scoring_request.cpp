// The JSON of POST /v1/rerank, /v1/classify and /v1/similarity: any bytes give a request whose
// every value is in range, or an error that is valid JSON itself. What is accepted must be JSON to
// another parser too.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "serve/openai/openai_error.h"
#include "serve/scoring/classify_request.h"
#include "serve/scoring/rerank_request.h"
#include "serve/scoring/similarity_request.h"

namespace {

using namespace quern::serve;

constexpr int kMaxPairs = 8;

void check_problem(const HttpError& problem) {
  const Response response = to_response(problem, openai_error);
  QUERN_CHECK(response.status == 400 && nlohmann::json::accept(response.body));
}

void check_request(const quern::engine::Request& request, std::size_t max_inputs) {
  QUERN_CHECK(!request.model.empty());
  QUERN_CHECK(!request.inputs.empty() && request.inputs.size() <= max_inputs);
  QUERN_CHECK(request.dimensions >= 0 && request.max_tokens >= 0);
  for (const auto& input : request.inputs) QUERN_CHECK(!input.ids.has_value());
}

void check_rerank(std::string body) {
  RerankRequest parsed;
  if (const auto problem = parse_rerank_request(body, kMaxPairs, parsed)) {
    return check_problem(*problem);
  }
  check_request(parsed.request, kMaxPairs);
  QUERN_CHECK(!parsed.request.query.empty() && parsed.top_n > 0);
  QUERN_CHECK(nlohmann::json::accept(body));
}

void check_classify(std::string body) {
  ClassifyRequest parsed;
  const ClassifyLimits limits = {.max_inputs = kMaxPairs, .max_pairs = 2 * kMaxPairs};
  if (const auto problem = parse_classify_request(body, limits, parsed)) {
    return check_problem(*problem);
  }
  check_request(parsed.request, 2 * kMaxPairs);
  if (parsed.own) {
    QUERN_CHECK(parsed.request.inputs.size() % parsed.own->labels.size() == 0);
    for (const auto& input : parsed.request.inputs) QUERN_CHECK(input.text_pair.has_value());
  }
  QUERN_CHECK(nlohmann::json::accept(body));
}

void check_similarity(std::string body) {
  SimilarityRequest parsed;
  if (const auto problem = parse_similarity_request(body, kMaxPairs, parsed)) {
    return check_problem(*problem);
  }
  check_request(parsed.request, 2 * kMaxPairs);
  const bool is_pairs = parsed.form == SimilarityRequest::Form::kPairs;
  QUERN_CHECK(is_pairs ? parsed.request.inputs.size() % 2 == 0 : parsed.request.inputs.size() >= 2);
  QUERN_CHECK(nlohmann::json::accept(body));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  const std::string body(reinterpret_cast<const char*>(data), n);
  check_rerank(body);
  check_classify(body);
  check_similarity(body);
  return 0;
}
