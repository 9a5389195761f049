// POST /v1/chat/completions and /v1/completions: parse, make the prompts, run. docs/api.md.

#pragma once

#include <memory>

#include "base/task_thread.h"
#include "serve/http/exchange.h"
#include "serve/openai/openai_api.h"

namespace quern::serve {

/// Prompts are made on `preparer`: opening a model and rendering a template may take long.
void handle_chat(const std::shared_ptr<OpenAiApi>& api, TaskThread& preparer,
                 const std::shared_ptr<Exchange>& exchange);
void handle_completions(const std::shared_ptr<OpenAiApi>& api, TaskThread& preparer,
                        const std::shared_ptr<Exchange>& exchange);

}  // namespace quern::serve
