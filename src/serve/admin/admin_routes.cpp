#include "serve/admin/admin_routes.h"

#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "serve/admin/model_status_json.h"
#include "serve/json/json_reader.h"
#include "serve/json/json_text.h"
#include "serve/openai/openai_error.h"

namespace quern::serve {
namespace {

using BackendPtr = std::shared_ptr<Backend>;
using ExchangePtr = std::shared_ptr<Exchange>;

Problem read_model(std::string& body, std::string& model) {
  const auto read_field = [&](std::string_view key, JsonValue value) {
    return key == "model" ? read_string(value, {key}, model) : skip_json(value, {key});
  };
  if (Problem problem = read_fields(body, read_field)) return problem;
  if (model.empty()) return bad_request("model: is missing, wanted a model's name", "model");
  return {};
}

void answer_with_statuses(const BackendPtr& backend, const ExchangePtr& exchange) {
  exchange->respond({.body = statuses_json(backend->engine.statuses())});
}

void warm(Backend& backend, Exchange& exchange, const std::string& asked) {
  if (exchange.is_gone()) return;  // Others' loads took longer than the client's patience.
  if (backend.is_draining.load()) {
    return exchange.fail(model_error({Code::kUnavailable, "shutting down"}));
  }
  const auto name = backend.names.engine_name(asked);
  if (!name.ok()) return exchange.fail(model_error(name.status()));
  if (const Status warmed = backend.engine.warm(*name); !warmed.ok()) {
    return exchange.fail(model_error(warmed));
  }
  const Result<engine::ModelInfo> info = backend.engine.describe(*name);
  if (!info.ok()) return exchange.fail(model_error(info.status()));
  Response response;
  for (const engine::ModelStatus& status : backend.engine.statuses()) {
    if (status.name == info->name) append_status(response.body, status);
  }
  exchange.respond(std::move(response));
}

void handle_warm(const BackendPtr& backend, const ExchangePtr& exchange) {
  std::string model;
  if (const Problem problem = read_model(exchange->request.body, model)) {
    return exchange->fail(*problem);
  }
  run_task(backend->tasks.loads, exchange,
           [backend, model](Exchange& x) { warm(*backend, x, model); });
}

/// {"freed_bytes":N,"freed":[{"tenant":"weights/a","bytes":N},...]}
void clear(Backend& backend, Exchange& exchange) {
  std::size_t total = 0;
  std::string freed;
  for (const ByteLedger::Tenant& tenant : backend.engine.ledger().reclaim_all()) {
    total += tenant.bytes;
    freed += freed.empty() ? R"({"tenant":)" : R"(,{"tenant":)";
    append_json_string(freed, tenant.name);
    freed += fmt::format(R"(,"bytes":{}}})", tenant.bytes);
  }
  exchange.respond({.body = fmt::format(R"({{"freed_bytes":{},"freed":[{}]}})", total, freed)});
}

void handle_clear(const BackendPtr& backend, const ExchangePtr& exchange) {
  run_task(backend->tasks.listings, exchange, [backend](Exchange& x) { clear(*backend, x); });
}

}  // namespace

void add_admin_routes(Router& router, const BackendPtr& backend) {
  using Handle = void (*)(const BackendPtr&, const ExchangePtr&);
  const auto add = [&](const char* method, const char* pattern, Handle handle) {
    router.add({.method = method,
                .pattern = pattern,
                .access = Access::kWithKey,
                .write_error = openai_error,
                .handler = [backend, handle](const auto& exchange) { handle(backend, exchange); }});
  };
  add("GET", "/quern/models", answer_with_statuses);
  add("POST", "/quern/warm", handle_warm);
  add("POST", "/quern/clear", handle_clear);
}

}  // namespace quern::serve
