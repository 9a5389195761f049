// Errors as the OpenAI API shows them, and the one table from our codes to HTTP.

#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "serve/http/http.h"

namespace quern::serve {

/// {"error": {"message", "type", "param", "code"}}; empty param and code become null.
struct ApiError {
  int status = 500;
  std::string message{};
  std::string_view type = "server_error";
  std::string param{};
  std::string_view code{};
  int retry_after_s = 0;  // Sent as Retry-After when above 0.
};

/// By the table in api_error.cpp.
ApiError api_error(const Status& status);

/// A wrong request: 400 about `param` ("" for the request as a whole).
ApiError bad_request(std::string message, std::string param = "");

/// An error of HTTP itself, of that status.
ApiError http_error(int status, std::string message);

Response to_response(const ApiError& error);

}  // namespace quern::serve
