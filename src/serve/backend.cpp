#include "serve/backend.h"

#include <exception>
#include <utility>

#include <fmt/format.h>

namespace quern::serve {

std::optional<HttpError> enter_engine(Backend& backend) {
  if (backend.n_in_flight.fetch_add(1) < backend.max_in_flight) return {};
  leave_engine(backend);
  HttpError error =
      http_error(429, fmt::format("{} requests are waiting already, the limit of this server",
                                  backend.max_in_flight));
  error.code = "rate_limit_exceeded";
  error.retry_after_s = 1;
  return error;
}

void leave_engine(Backend& backend) { backend.n_in_flight.fetch_sub(1); }

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
