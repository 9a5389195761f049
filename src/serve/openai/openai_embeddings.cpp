#include "serve/openai/openai_embeddings.h"

#include <chrono>
#include <utility>

#include "serve/api_error.h"
#include "serve/http/in_flight.h"
#include "serve/openai/embeddings_request.h"
#include "serve/openai/embeddings_response.h"

namespace quern::serve {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kAccountedFrom = 1 << 20;

/// Sets the exchange's share of the ledger to `n_bytes`; small ones are not worth an entry.
Status account(OpenAiApi& api, Exchange& exchange, std::size_t n_bytes) {
  if (n_bytes < kAccountedFrom) {
    exchange.memory = Reservation();
    return {};
  }
  if (exchange.memory.bytes() > 0) return exchange.memory.resize(n_bytes);
  QUERN_ASSIGN(exchange.memory, api.engine.ledger().reserve("requests", n_bytes));
  return {};
}

/// An error of the request as a whole, with the parameter it is about where that can be known.
ApiError request_error(OpenAiApi& api, const Status& status, const std::string& model,
                       int dimensions) {
  ApiError error = api_error(status);
  if (status.code() == Code::kNotFound) {
    error.param = "model";
    error.code = "model_not_found";
  } else if (status.code() == Code::kBadInput && dimensions > 0) {
    const auto info = api.engine.describe(model);
    if (info.ok() && dimensions > info->dims) error.param = "dimensions";
  }
  return error;
}

/// What is needed once the engine is done.
struct Pending {
  std::shared_ptr<OpenAiApi> api;
  std::shared_ptr<Exchange> exchange;
  std::string asked_model;
  std::string engine_model;
  int dimensions = 0;
  EncodingFormat format = EncodingFormat::kFloat;
  Clock::time_point submitted = Clock::now();
};

/// On the connection's thread: formatting many vectors takes milliseconds.
void answer(const Pending& pending, const engine::Response& made) {
  Exchange& exchange = *pending.exchange;
  OpenAiApi& api = *pending.api;
  if (!made.status.ok()) {
    return exchange.respond(
        to_response(request_error(api, made.status, pending.engine_model, pending.dimensions)));
  }
  const std::size_t n_bytes = embeddings_response_bytes(made, pending.format);
  if (const Status status = account(api, exchange, n_bytes); !status.ok()) {
    return exchange.respond(to_response(api_error(status)));
  }
  exchange.respond(embeddings_response(made, pending.asked_model, pending.format));
}

/// On a thread of the engine.
void engine_done(const std::shared_ptr<Pending>& pending, engine::Response made) {
  const std::chrono::duration<double> took = Clock::now() - pending->submitted;
  leave_engine(*pending->api);
  pending->api->metrics.embedded(made, took.count());
  auto shared = std::make_shared<engine::Response>(std::move(made));
  pending->exchange->post([pending, shared] { answer(*pending, *shared); });
}

void submit(const std::shared_ptr<Pending>& pending, engine::Request request) {
  OpenAiApi& api = *pending->api;
  if (const auto full = enter_engine(api)) return pending->exchange->respond(to_response(*full));
  const std::shared_ptr<engine::Ticket> ticket = api.engine.submit(
      std::move(request),
      [pending](engine::Response made) { engine_done(pending, std::move(made)); });
  if (ticket) pending->exchange->on_gone([ticket] { ticket->cancel(); });
}

}  // namespace

void handle_embeddings(const std::shared_ptr<OpenAiApi>& api,
                       const std::shared_ptr<Exchange>& exchange) {
  EmbeddingsRequest parsed;
  std::string body = std::move(exchange->request.body);
  if (const auto problem = parse_embeddings_request(body, api->max_inputs, parsed)) {
    return exchange->respond(to_response(*problem));
  }
  if (exchange->memory.bytes() > 0) {
    // The body is not needed any more, only the strings made of it.
    body = std::string();
    static_cast<void>(account(*api, *exchange, exchange->memory.bytes() / 2));
  }
  engine::Request& request = parsed.request;
  auto pending = std::make_shared<Pending>();
  pending->api = api;
  pending->exchange = exchange;
  pending->asked_model = request.model;
  pending->dimensions = request.dimensions;
  pending->format = parsed.format;
  auto name = api->names.engine_name(request.model);
  if (!name.ok()) {
    return exchange->respond(
        to_response(request_error(*api, name.status(), request.model, request.dimensions)));
  }
  request.model = *name;
  pending->engine_model = *name;
  request.deadline = exchange->deadline;
  submit(pending, std::move(request));
}

}  // namespace quern::serve
