#include "serve/openai/openai_error.h"

#include "serve/json/json_text.h"

namespace quern::serve {
namespace {

constexpr int kTooMany = 429;
constexpr int kClientGone = 499;

std::string_view type_of(int status) {
  if (status == kTooMany) return "rate_limit_error";
  return status < kClientGone ? "invalid_request_error" : "server_error";
}

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

std::string openai_error(const HttpError& error) {
  std::string body = "{\"error\":{\"message\":";
  append_json_string(body, error.message);
  append_member(body, "type", type_of(error.status));
  append_member(body, "param", error.param);
  append_member(body, "code", error.code);
  body += "}}";
  return body;
}

}  // namespace quern::serve
