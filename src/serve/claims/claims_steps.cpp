#include <chrono>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/elapsed.h"
#include "serve/claims/claims_call.h"
#include "serve/claims/claims_requests.h"
#include "serve/claims/claims_responses.h"
#include "serve/claims/fastapi_error.h"

namespace quern::serve {
namespace {

using Clock = std::chrono::steady_clock;

/// Nothing where it has answered with an error.
std::optional<std::vector<NliSaid>> judged(Call& call, std::span<const apps::NliPair> pairs,
                                           double& ms) {
  const auto start = Clock::now();
  auto said = call.claims.desk.judge(pairs);
  if (!said.ok()) {
    call.fail(said.status());
    return {};
  }
  ms = ms_since(start);
  call.backend.metrics.pairs_judged(static_cast<long>(pairs.size()), ms / 1e3);
  return std::move(*said);
}

}  // namespace

void handle_embed(Call& call) {
  TextsRequest request;
  if (const auto problem = parse_texts_request(call.body, request)) {
    return call.x.fail(unprocessable(*problem));
  }
  const auto start = Clock::now();
  engine::Request asked;
  asked.model = call.claims.embedder;
  if (!request.model.empty()) {
    auto name = call.backend.names.engine_name(request.model);
    if (!name.ok()) return call.x.fail(model_error(name.status()));
    asked.model = std::move(*name);
  }
  for (std::string& text : request.texts) {
    asked.inputs.emplace_back();
    asked.inputs.back().text = std::move(text);
  }
  const engine::Response response = call.backend.engine.run(std::move(asked));
  if (!response.status.ok()) return call.x.fail(model_error(response.status));
  std::vector<std::vector<float>> vectors;
  for (const engine::Outcome& outcome : response.outcomes) {
    if (!outcome.status.ok()) return call.fail(outcome.status);
    vectors.push_back(outcome.values);
  }
  const double ms = ms_since(start);
  call.backend.metrics.encoded(engine::Task::kEmbed, response, ms / 1e3);
  call.x.respond({.body = embeddings_json(vectors, ms)});
}

void handle_search(Call& call) {
  EvidenceRequest request;
  if (const auto problem = parse_evidence_request(call.body, request)) {
    return call.x.fail(unprocessable(*problem));
  }
  const auto start = Clock::now();
  const auto found = call.claims.desk.search(request);
  if (!found.ok()) return call.fail(found.status());
  call.x.respond({.body = found_json(request, *found, ms_since(start))});
}

void handle_nli(Call& call) {
  apps::NliPair pair;
  if (const auto problem = parse_nli_request(call.body, pair)) {
    return call.x.fail(unprocessable(*problem));
  }
  double ms = 0;
  if (const auto said = judged(call, std::span(&pair, 1), ms)) {
    call.x.respond({.body = nli_json(said->front(), ms)});
  }
}

void handle_nli_batch(Call& call) {
  std::vector<apps::NliPair> pairs;
  if (const auto problem = parse_nli_batch_request(call.body, pairs)) {
    return call.x.fail(unprocessable(*problem));
  }
  double ms = 0;
  if (const auto said = judged(call, pairs, ms)) {
    call.x.respond({.body = nli_batch_json(*said, ms)});
  }
}

}  // namespace quern::serve
