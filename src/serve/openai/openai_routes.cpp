#include "serve/openai/openai_routes.h"

#include <string>
#include <utility>

#include "serve/openai/openai_embeddings.h"
#include "serve/openai/openai_error.h"
#include "serve/openai/openai_generation.h"
#include "serve/openai/openai_models.h"

namespace quern::serve {

void add_openai_routes(Router& router, const std::shared_ptr<Backend>& backend) {
  using Handle = void (*)(const std::shared_ptr<Backend>&, const std::shared_ptr<Exchange>&);
  const auto add = [&](const char* method, std::string pattern, Handle handle) {
    router.add({.method = method,
                .pattern = std::move(pattern),
                .access = Access::kWithKey,
                .write_error = openai_error,
                .handler = [backend, handle](const auto& exchange) { handle(backend, exchange); }});
  };
  // Clients are told a base with or without the version.
  for (const std::string base : {"/v1", ""}) {
    add("POST", base + "/embeddings", handle_embeddings);
    add("POST", base + "/chat/completions", handle_chat);
    add("POST", base + "/completions", handle_completions);
    add("GET", base + "/models", handle_models);
    add("GET", base + kModelPrefix + "*", handle_model);
  }
}

}  // namespace quern::serve
