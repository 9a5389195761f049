// What the routes of the OpenAI dialect share. Shared by pointer: an answer may come back from the
// engine after the server is gone.

#pragma once

#include <atomic>
#include <ctime>
#include <memory>

#include "engine/engine.h"
#include "engine/generate/chat_prompt.h"
#include "serve/metrics.h"
#include "serve/model_names.h"

namespace quern::serve {

struct OpenAiApi {
  engine::Engine& engine;
  ModelNames names;
  int max_inputs = 2048;     // Per request, as OpenAI's own; choices of a completion, too.
  int max_in_flight = 1024;  // Requests in the engine; more are told to come back.
  std::time_t started = std::time(nullptr);  // "created" of the models.
  Metrics metrics{};
  std::atomic<int> n_in_flight{0};
  engine::ChatPrompts chat_prompts{};
};

}  // namespace quern::serve
