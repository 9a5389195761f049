#include "serve/api_error.h"

#include "serve/json/json_text.h"

namespace quern::serve {
namespace {

struct Row {
  Code code;
  int http;
  std::string_view type;
  std::string_view api_code;
  int retry_after_s;
};

// The official clients retry 408, 409, 429 and 5xx, and honour Retry-After.
constexpr Row kTable[] = {
    {Code::kOk, 500, "server_error", "internal_error", 0},
    {Code::kNotFound, 404, "invalid_request_error", "not_found", 0},
    {Code::kBadInput, 400, "invalid_request_error", "", 0},
    {Code::kUnsupported, 400, "invalid_request_error", "unsupported", 0},
    {Code::kExhausted, 503, "server_error", "out_of_memory", 2},
    {Code::kIo, 500, "server_error", "io_error", 0},
    {Code::kCancelled, 499, "server_error", "cancelled", 0},
    {Code::kDeadline, 504, "server_error", "deadline_exceeded", 0},
    {Code::kUnavailable, 503, "server_error", "unavailable", 1},
};

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  if (value.empty()) {
    out += "null";
  } else {
    append_json_string(out, value);
  }
}

}  // namespace

ApiError api_error(const Status& status) {
  for (const Row& row : kTable) {
    if (row.code != status.code()) continue;
    return {.status = row.http,
            .message = status.message(),
            .type = row.type,
            .code = row.api_code,
            .retry_after_s = row.retry_after_s};
  }
  return {.message = status.message()};
}

ApiError bad_request(std::string message, std::string param) {
  return {.status = 400,
          .message = std::move(message),
          .type = "invalid_request_error",
          .param = std::move(param)};
}

ApiError http_error(int status, std::string message) {
  return {.status = status,
          .message = std::move(message),
          .type = status < 500 ? "invalid_request_error" : "server_error"};
}

Response to_response(const ApiError& error) {
  Response response{.status = error.status};
  std::string& body = response.body;
  body = "{\"error\":{\"message\":";
  append_json_string(body, error.message);
  append_member(body, "type", error.type);
  append_member(body, "param", error.param);
  append_member(body, "code", error.code);
  body += "}}";
  if (error.retry_after_s > 0) {
    response.headers.emplace_back("Retry-After", std::to_string(error.retry_after_s));
  }
  return response;
}

}  // namespace quern::serve
