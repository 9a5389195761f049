// What went wrong with a request, before any dialect has words for it, and the one table from our
// codes to HTTP.

#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "serve/http/http.h"

namespace quern::serve {

struct HttpError {
  int status = 500;
  std::string message{};
  std::string param{};      // The field it is about; "" for the request as a whole.
  std::string_view code{};  // A word for programs: "model_not_found"; may be "".
  int retry_after_s = 0;    // Sent as Retry-After when above 0.
};

/// How a dialect's clients are told of an error.
struct ErrorWriter {
  using Body = std::string (*)(const HttpError& error);
  using Adapt = HttpError (*)(HttpError error);

  // NOLINTNEXTLINE(google-explicit-constructor): a body alone is a writer.
  ErrorWriter(Body body_of, Adapt adapt_to = nullptr) : body(body_of), adapt(adapt_to) {}

  Body body;    // What they read it from: JSON.
  Adapt adapt;  // To statuses that they tell apart; null: any.
};

/// {"error": "message"}: where no dialect is known.
std::string neutral_error(const HttpError& error);

/// By the table in http_error.cpp.
HttpError error_of(const Status& status);

/// A wrong request: 400 about `param` ("" for the request as a whole).
HttpError bad_request(std::string message, std::string param = "");

/// An error of HTTP itself, of that status.
HttpError http_error(int status, std::string message);

Response to_response(HttpError error, ErrorWriter write);

}  // namespace quern::serve
