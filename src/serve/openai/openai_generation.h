// POST /v1/chat/completions and /v1/completions: parse, make the prompts, run. docs/api.md.

#pragma once

#include <memory>

#include "serve/backend.h"
#include "serve/http/exchange.h"

namespace quern::serve {

/// Prompts are made on a thread of their own: opening a model and rendering may take long.
void handle_chat(const std::shared_ptr<Backend>& backend,
                 const std::shared_ptr<Exchange>& exchange);
void handle_completions(const std::shared_ptr<Backend>& backend,
                        const std::shared_ptr<Exchange>& exchange);

}  // namespace quern::serve
