#include "serve/http/in_flight.h"

#include <fmt/format.h>

namespace quern::serve {

std::optional<ApiError> enter_engine(OpenAiApi& api) {
  if (api.n_in_flight.fetch_add(1) < api.max_in_flight) return {};
  leave_engine(api);
  ApiError error = http_error(
      429,
      fmt::format("{} requests are waiting already, the limit of this server", api.max_in_flight));
  error.type = "rate_limit_error";
  error.code = "rate_limit_exceeded";
  error.retry_after_s = 1;
  return error;
}

void leave_engine(OpenAiApi& api) { api.n_in_flight.fetch_sub(1); }

}  // namespace quern::serve
