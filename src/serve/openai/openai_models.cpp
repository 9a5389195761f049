#include "serve/openai/openai_models.h"

#include <algorithm>

#include <fmt/format.h>

#include "serve/json/json_text.h"

namespace quern::serve {
namespace {

/// The four members OpenAI has, then ours.
void append_model(std::string& out, const engine::ModelInfo& model, std::time_t created) {
  out += R"({"id":)";
  append_json_string(out, model.name);
  fmt::format_to(std::back_inserter(out),
                 R"(,"object":"model","created":{},"owned_by":"quern","task":"{}",)", created,
                 engine::task_name(model.task));
  if (model.task != engine::Task::kGenerate) {
    fmt::format_to(std::back_inserter(out), R"("{}":{},)",
                   model.task == engine::Task::kEmbed ? "dimensions" : "n_labels", model.dims);
  }
  fmt::format_to(std::back_inserter(out), R"("max_tokens":{},"loaded":{},"family":)",
                 model.max_tokens, model.loaded);
  append_json_string(out, model.family);
  out += R"(,"precision":)";
  append_json_string(out, model.precision);
  if (!model.digest.empty()) {
    out += R"(,"digest":)";
    append_json_string(out, model.digest);
  }
  out += '}';
}

/// The installed ones and those the server was started with, by name.
std::vector<engine::ModelInfo> all_models(Backend& backend) {
  std::vector<engine::ModelInfo> models = backend.engine.list();
  for (const std::string& name : backend.names.served()) {
    const Result<engine::ModelInfo> served = backend.engine.describe(name);
    if (!served.ok()) continue;  // Gone, or it cannot be read.
    const auto same = [&](const engine::ModelInfo& model) { return model.name == served->name; };
    if (std::none_of(models.begin(), models.end(), same)) models.push_back(*served);
  }
  std::sort(models.begin(), models.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return models;
}

void answer_with_model(Backend& backend, Exchange& exchange) {
  const std::string_view prefix = kModelPrefix;
  const std::string id =
      exchange.request.path.substr(exchange.request.path.find(prefix) + prefix.size());
  const auto name = backend.names.engine_name(id);
  if (!name.ok()) return exchange.fail(model_error(name.status()));
  const Result<engine::ModelInfo> info = backend.engine.describe(*name);
  if (!info.ok()) return exchange.fail(model_error(info.status()));
  Response response;
  append_model(response.body, *info, backend.started);
  exchange.respond(std::move(response));
}

void answer_with_models(Backend& backend, Exchange& exchange) {
  Response response;
  response.body = R"({"object":"list","data":[)";
  bool is_first = true;
  for (const engine::ModelInfo& model : all_models(backend)) {
    if (!std::exchange(is_first, false)) response.body += ',';
    append_model(response.body, model, backend.started);
  }
  response.body += "]}";
  exchange.respond(std::move(response));
}

}  // namespace

void handle_models(const std::shared_ptr<Backend>& backend,
                   const std::shared_ptr<Exchange>& exchange) {
  run_task(backend->tasks.listings, exchange,
           [backend](Exchange& x) { answer_with_models(*backend, x); });
}

void handle_model(const std::shared_ptr<Backend>& backend,
                  const std::shared_ptr<Exchange>& exchange) {
  run_task(backend->tasks.listings, exchange,
           [backend](Exchange& x) { answer_with_model(*backend, x); });
}

}  // namespace quern::serve
