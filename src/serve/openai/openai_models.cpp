#include "serve/openai/openai_models.h"

#include <algorithm>

#include <fmt/format.h>

#include "serve/api_error.h"
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
std::vector<engine::ModelInfo> all_models(OpenAiApi& api) {
  std::vector<engine::ModelInfo> models = api.engine.list();
  for (const engine::ModelInfo& served : api.names.served()) {
    const auto same = [&](const engine::ModelInfo& model) { return model.name == served.name; };
    if (std::none_of(models.begin(), models.end(), same)) models.push_back(served);
  }
  std::sort(models.begin(), models.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return models;
}

}  // namespace

void handle_models(const std::shared_ptr<OpenAiApi>& api,
                   const std::shared_ptr<Exchange>& exchange) {
  Response response;
  response.body = R"({"object":"list","data":[)";
  bool is_first = true;
  for (const engine::ModelInfo& model : all_models(*api)) {
    if (!std::exchange(is_first, false)) response.body += ',';
    append_model(response.body, model, api->started);
  }
  response.body += "]}";
  exchange->respond(std::move(response));
}

void handle_model(const std::shared_ptr<OpenAiApi>& api,
                  const std::shared_ptr<Exchange>& exchange) {
  const std::string id = exchange->request.path.substr(std::string_view(kModelPrefix).size());
  auto name = api->names.engine_name(id);
  Result<engine::ModelInfo> info =
      name.ok() ? api->engine.describe(*name) : Result<engine::ModelInfo>(name.status());
  if (!info.ok()) {
    ApiError error = api_error(info.status());
    if (info.status().code() == Code::kNotFound) {
      error.param = "model";
      error.code = "model_not_found";
    }
    return exchange->respond(to_response(error));
  }
  Response response;
  append_model(response.body, *info, api->started);
  exchange->respond(std::move(response));
}

}  // namespace quern::serve
