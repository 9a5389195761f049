#include "serve/http/http_error.h"

#include <utility>

#include "serve/json/json_text.h"

namespace quern::serve {
namespace {

struct Row {
  Code code;
  int http;
  std::string_view word;
  int retry_after_s;
};

// The official clients retry 408, 409, 429 and 5xx, and honour Retry-After.
constexpr Row kTable[] = {
    {Code::kOk, 500, "internal_error", 0},
    {Code::kNotFound, 404, "not_found", 0},
    {Code::kBadInput, 400, "", 0},
    {Code::kUnsupported, 400, "unsupported", 0},
    {Code::kExhausted, 503, "out_of_memory", 2},
    {Code::kTooLarge, 413, "out_of_memory", 0},
    {Code::kIo, 500, "io_error", 0},
    {Code::kCancelled, 499, "cancelled", 0},
    {Code::kDeadline, 504, "deadline_exceeded", 0},
    {Code::kUnavailable, 503, "unavailable", 1},
};

}  // namespace

std::string neutral_error(const HttpError& error) {
  std::string body = "{\"error\":";
  append_json_string(body, error.message);
  body += '}';
  return body;
}

HttpError error_of(const Status& status) {
  for (const Row& row : kTable) {
    if (row.code != status.code()) continue;
    return {.status = row.http,
            .message = status.message(),
            .code = row.word,
            .retry_after_s = row.retry_after_s};
  }
  return {.message = status.message()};
}

HttpError bad_request(std::string message, std::string param) {
  return {.status = 400, .message = std::move(message), .param = std::move(param)};
}

HttpError http_error(int status, std::string message) {
  return {.status = status, .message = std::move(message)};
}

Response to_response(HttpError error, ErrorWriter write) {
  if (write.adapt != nullptr) error = write.adapt(std::move(error));
  Response response{.status = error.status};
  response.body = write.body(error);
  if (error.retry_after_s > 0) {
    response.headers.emplace_back("Retry-After", std::to_string(error.retry_after_s));
  }
  return response;
}

}  // namespace quern::serve
