#include "serve/claims/fastapi_error.h"

#include <algorithm>
#include <utility>

#include "serve/json/json_text.h"

namespace quern::serve {
namespace {

constexpr int kUnprocessable = 422;

/// "options.search_mode" becomes ["body","options","search_mode"], "path.id" ["path","id"].
void append_location(std::string& out, std::string_view param) {
  constexpr std::string_view kPath = "path.";
  const bool is_in_path = param.starts_with(kPath);
  if (is_in_path) param.remove_prefix(kPath.size());
  out += is_in_path ? "[\"path\"" : "[\"body\"";
  while (!param.empty()) {
    const std::string_view part = param.substr(0, param.find('.'));
    param.remove_prefix(std::min(param.size(), part.size() + 1));
    out += ',';
    append_json_string(out, part);
  }
  out += ']';
}

}  // namespace

std::string fastapi_error(const HttpError& error) {
  std::string body = "{\"detail\":";
  if (error.status != kUnprocessable) {
    append_json_string(body, error.message);
    return body + "}";
  }
  body += "[{\"type\":\"value_error\",\"loc\":";
  append_location(body, error.param);
  body += ",\"msg\":";
  append_json_string(body, error.message);
  return body + "}]}";
}

HttpError unprocessable(HttpError problem) {
  if (problem.status == 400) problem.status = kUnprocessable;
  return problem;
}

}  // namespace quern::serve
