#include "serve/scoring/scoring_routes.h"

#include <string>
#include <utility>

#include "serve/encoder_run.h"
#include "serve/openai/openai_error.h"
#include "serve/random_id.h"
#include "serve/scoring/classify_request.h"
#include "serve/scoring/classify_response.h"
#include "serve/scoring/rerank_request.h"
#include "serve/scoring/rerank_response.h"
#include "serve/scoring/similarity_request.h"
#include "serve/scoring/similarity_response.h"

namespace quern::serve {
namespace {

constexpr const char* kRerankV2 = "/v2/rerank";

/// Fills `out` from the body, which is given up, by parse(body, out); false: the exchange has its
/// answer, the problem.
template <typename Parsed, typename Parse>
bool parse_body(Exchange& exchange, const Parse& parse, Parsed& out) {
  std::string body = std::exchange(exchange.request.body, {});
  const std::optional<HttpError> problem = parse(body, out);
  if (problem) exchange.fail(*problem);
  return !problem;
}

/// Runs `request`; what comes of it is written by `answer`.
template <typename Answer>
void run(const std::shared_ptr<Backend>& backend, const std::shared_ptr<Exchange>& exchange,
         engine::Request&& request, Answer&& answer, bool keeps_texts = false) {
  const auto shared = std::make_shared<const Answer>(std::forward<Answer>(answer));
  EncoderPlan plan;
  plan.request = std::move(request);
  plan.write = [shared](const engine::Response& made) { return shared->write(made); };
  plan.n_bytes = [shared](const engine::Response& made) { return shared->n_bytes(made); };
  plan.keeps_texts = keeps_texts;
  run_encoder(backend, exchange, std::move(plan));
}

std::shared_ptr<const std::vector<std::string>> texts_of(const std::vector<engine::Input>& inputs) {
  auto texts = std::make_shared<std::vector<std::string>>();
  texts->reserve(inputs.size());
  for (const engine::Input& input : inputs) texts->push_back(input.text);
  return texts;
}

void handle_rerank(const std::shared_ptr<Backend>& backend,
                   const std::shared_ptr<Exchange>& exchange) {
  RerankRequest parsed;
  const auto parse = [&](std::string& body, RerankRequest& out) {
    return parse_rerank_request(body, backend->max_pairs, out);
  };
  if (!parse_body(*exchange, parse, parsed)) return;
  RerankAnswer answer;
  answer.id = random_id("rerank");
  answer.model = parsed.request.model;
  answer.top_n = parsed.top_n;
  answer.scale = parsed.scale;
  if (exchange->route == kRerankV2) answer.api_version = "2";
  if (parsed.return_documents) answer.documents = texts_of(parsed.request.inputs);
  answer.warnings = std::move(parsed.warnings);
  run(backend, exchange, std::move(parsed.request), std::move(answer), parsed.return_documents);
}

void handle_classify(const std::shared_ptr<Backend>& backend,
                     const std::shared_ptr<Exchange>& exchange) {
  ClassifyRequest parsed;
  const auto parse = [&](std::string& body, ClassifyRequest& out) {
    const ClassifyLimits limits = {.max_inputs = backend->max_inputs,
                                   .max_pairs = backend->max_pairs};
    return parse_classify_request(body, limits, out);
  };
  if (!parse_body(*exchange, parse, parsed)) return;
  ClassifyAnswer answer;
  answer.model = parsed.request.model;
  answer.own = std::move(parsed.own);
  answer.scale = parsed.scale;
  answer.warnings = std::move(parsed.warnings);
  run(backend, exchange, std::move(parsed.request), std::move(answer));
}

void handle_similarity(const std::shared_ptr<Backend>& backend,
                       const std::shared_ptr<Exchange>& exchange) {
  SimilarityRequest parsed;
  const auto parse = [&](std::string& body, SimilarityRequest& out) {
    return parse_similarity_request(body, backend->max_pairs, out);
  };
  if (!parse_body(*exchange, parse, parsed)) return;
  SimilarityAnswer answer;
  answer.model = parsed.request.model;
  answer.form = parsed.form;
  answer.warnings = std::move(parsed.warnings);
  run(backend, exchange, std::move(parsed.request), std::move(answer));
}

}  // namespace

void add_scoring_routes(Router& router, const std::shared_ptr<Backend>& backend) {
  using Handle = void (*)(const std::shared_ptr<Backend>&, const std::shared_ptr<Exchange>&);
  const auto add = [&](std::string pattern, Handle handle) {
    router.add({.method = "POST",
                .pattern = std::move(pattern),
                .access = Access::kWithKey,
                .write_error = openai_error,
                .handler = [backend, handle](const auto& exchange) { handle(backend, exchange); }});
  };
  for (const std::string base : {"/v1", ""}) {
    add(base + "/rerank", handle_rerank);
    add(base + "/classify", handle_classify);
    add(base + "/similarity", handle_similarity);
  }
  add(kRerankV2, handle_rerank);
}

}  // namespace quern::serve
