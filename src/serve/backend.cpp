#include "serve/backend.h"

#include <exception>
#include <utility>

#include <fmt/format.h>

namespace quern::serve {

std::optional<HttpError> enter_engine(Backend& backend, int n_inputs) {
  const std::optional<QueueLimit::Full> full = backend.queue.enter(n_inputs);
  if (!full) return {};
  HttpError error = http_error(429, full->message);
  error.code = "rate_limit_exceeded";
  error.retry_after_s = full->retry_after_s;
  return error;
}

void run_task(TaskThread& thread, std::shared_ptr<Exchange> exchange,
              std::function<void(Exchange&)> fn) {
  thread.add([exchange = std::move(exchange), fn = std::move(fn)] {
    try {
      fn(*exchange);
    } catch (const std::exception& e) {
      exchange->fail(http_error(500, fmt::format("internal error: {}", e.what())));
    }
  });
}

HttpError model_error(const Status& status) {
  HttpError error = error_of(status);
  error.param = "model";
  if (status.code() == Code::kNotFound) error.code = "model_not_found";
  return error;
}

}  // namespace quern::serve
