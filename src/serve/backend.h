// The engine and what the routes of all dialects share around it. Shared by pointer: an answer may
// come back from the engine after the server is gone.

#pragma once

#include <atomic>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/task_thread.h"
#include "engine/engine.h"
#include "engine/generate/chat_prompt.h"
#include "serve/http/exchange.h"
#include "serve/metrics.h"
#include "serve/model_names.h"
#include "serve/queue_limit.h"

namespace quern::serve {

/// Threads for what would keep the connections of an I/O thread waiting.
struct TaskThreads {
  TaskThread prompts;   // Opening models, rendering templates, tokenising.
  TaskThread listings;  // Describing models, which may mean opening files.
  TaskThread answers;   // Writing long answers.
  TaskThread loads;     // Models that the operator wants loaded.
};

/// About this many bytes of JSON are written in a millisecond; more are a matter for
/// TaskThreads::answers.
inline constexpr std::size_t kLongAnswer = 256 << 10;

struct Backend {
  engine::Engine& engine;
  ModelNames names;
  TaskThreads& tasks;        // Of the server: used from its I/O threads only, and from tasks.
  int max_inputs = 2048;     // Of one embedding request; choices of a completion, too.
  int max_pairs = 10'000;    // Documents of one rerank request; texts times labels, and the like.
  int max_in_flight = 1024;  // Requests in the engine, and
  int max_queue = 16'384;    // their inputs; more are told to come back.
  QueueLimit queue{max_in_flight, max_queue};
  std::time_t started = std::time(nullptr);
  Metrics metrics{};
  engine::ChatPrompts chat_prompts{};
  std::atomic<bool> is_draining{false};  // No loads are begun any more.
};

/// Counts one more request in the engine, or answers that there are too many: then it is not to
/// leave the queue.
std::optional<HttpError> enter_engine(Backend& backend, int n_inputs);

/// Runs `fn` on `thread`; what it throws becomes the exchange's answer.
void run_task(TaskThread& thread, std::shared_ptr<Exchange> exchange,
              std::function<void(Exchange&)> fn);

/// An error about the model that a request names.
HttpError model_error(const Status& status);

}  // namespace quern::serve
