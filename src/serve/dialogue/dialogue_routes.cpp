#include "serve/dialogue/dialogue_routes.h"

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "serve/dialogue/dialogue_call.h"
#include "serve/dialogue/dialogue_openapi.h"
#include "serve/json/json_text.h"
#include "serve/openai/openai_error.h"

namespace quern::serve {
namespace {

constexpr int kDialogueThreads = 4;
constexpr std::string_view kDialoguePrefix = "/v1/dialogue";

using DialogueHandle = void (*)(DialogueCall&);

/// Runs `handle` where it may wait. Refused where too many requests wait.
void run_dialogue_call(const std::shared_ptr<Backend>& backend, DialogueBackend* dialogues,
                       const std::shared_ptr<Exchange>& exchange, const std::string& begin,
                       DialogueHandle handle) {
  if (const auto full = enter_engine(*backend, 1)) return exchange->fail(*full);
  dialogues->threads.add([=] {
    if (!exchange->is_gone()) {
      DialogueCall call{.backend = *backend,
                        .desk = dialogues->desk,
                        .x = *exchange,
                        .rest = exchange->request.path.substr(begin.size()),
                        .body = std::exchange(exchange->request.body, {})};
      try {
        handle(call);
      } catch (const std::exception& e) {
        exchange->fail(http_error(500, fmt::format("internal error: {}", e.what())));
      }
    }
    backend->queue.leave(1);
  });
}

struct DialogueRoute {
  const char* method;
  const char* pattern;
  DialogueHandle handle;
};

constexpr DialogueRoute kDialogueRoutes[] = {
    {"POST", "/predict", handle_dialogue_predict},
    {"POST", "/batch", handle_dialogue_batch},
    {"GET", "/predictors", handle_dialogue_predictors},
    {"GET", "/cache", handle_dialogue_cache},
    {"DELETE", "/cache", handle_dialogue_cache_clear},
    {"GET", "/conversations", handle_conversations},
    {"GET", "/conversations/*", handle_conversation_get},
    {"PUT", "/conversations/*", handle_conversation_put},
    {"POST", "/conversations/*", handle_conversation_post},
    {"DELETE", "/conversations/*", handle_conversation_delete},
};

}  // namespace

DialogueBackend::DialogueBackend(engine::Engine& engine, const DialogueOptions& options)
    : desk(engine, options), threads(kDialogueThreads) {}

DialogueDesk::OpenedPtr DialogueCall::predictor(const std::string& name) const {
  const Result<DialogueDesk::OpenedPtr> found = desk.predictor(name);
  if (found.ok()) return *found;
  HttpError error = error_of(found.status());
  error.param = "predictor";
  x.fail(error);
  return nullptr;
}

apps::NextAsk DialogueCall::ask(std::uint32_t n_wanted, engine::WorkClass work_class) const {
  apps::NextAsk out = {.n_wanted = n_wanted, .work_class = work_class};
  if (x.deadline != Exchange::Clock::time_point::max()) out.deadline = x.deadline;
  out.is_stopped = [&exchange = x] { return exchange.is_gone(); };
  return out;
}

void add_dialogue_routes(Router& router, const std::shared_ptr<Backend>& backend,
                         DialogueBackend& dialogues) {
  for (const DialogueRoute& route : kDialogueRoutes) {
    std::string pattern = std::string(kDialoguePrefix) + route.pattern;
    std::string begin = pattern;
    if (begin.ends_with('*')) begin.pop_back();
    router.add({.method = route.method,
                .pattern = std::move(pattern),
                .access = Access::kWithKey,
                .write_error = openai_error,
                .handler = [backend, here = &dialogues, begin = std::move(begin),
                            handle = route.handle](const auto& exchange) {
                  run_dialogue_call(backend, here, exchange, begin, handle);
                }});
  }
  router.add({.method = "GET",
              .pattern = std::string(kDialoguePrefix) + "/openapi.json",
              .access = Access::kWithKey,
              .write_error = openai_error,
              .handler = [](const auto& exchange) {
                exchange->respond({.body = std::string(dialogue_openapi_json())});
              }});
}

}  // namespace quern::serve
