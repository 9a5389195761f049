#include "serve/http/router.h"

#include <algorithm>

#include <fmt/format.h>

namespace quern::serve {
namespace {

bool matches(std::string_view pattern, std::string_view path) {
  if (!pattern.ends_with('*')) return pattern == path;
  pattern.remove_suffix(1);
  return path.size() > pattern.size() && path.starts_with(pattern);
}

/// Takes as long for a wrong key as for the right one.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned different = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    different |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return different == 0;
}

std::string_view without_last_slash(std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

Response unauthorized(ErrorWriter write) {
  HttpError error =
      http_error(401, "a valid API key is wanted: 'Authorization: Bearer KEY' or 'x-api-key: KEY'");
  error.code = "invalid_api_key";
  Response response = to_response(error, write);
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

HttpError forbidden(std::string why) {
  HttpError error = http_error(403, std::move(why));
  error.code = "host_not_allowed";
  return error;
}

}  // namespace

ErrorWriter Router::error_writer(std::string_view path) const {
  path = without_last_slash(path);
  for (const Route& route : routes_) {
    if (matches(route.pattern, path)) return route.write_error;
  }
  return write_error_;
}

std::vector<std::string> Router::patterns() const {
  std::vector<std::string> all;
  for (const Route& route : routes_) {
    if (std::find(all.begin(), all.end(), route.pattern) == all.end()) {
      all.push_back(route.pattern);
    }
  }
  return all;
}

bool Router::has_key(const Request& request) const {
  if (api_key_.empty()) return true;
  if (equal_in_constant_time(request.header("x-api-key"), api_key_)) return true;
  constexpr std::string_view kScheme = "bearer ";
  const std::string_view header = request.header("authorization");
  if (header.size() <= kScheme.size()) return false;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    if ((header[i] | 0x20) != kScheme[i] && header[i] != kScheme[i]) return false;
  }
  std::string_view key = header.substr(kScheme.size());
  while (key.starts_with(' ')) key.remove_prefix(1);
  return equal_in_constant_time(key, api_key_);
}

std::optional<Response> Router::objection(const Request& head) const {
  const ErrorWriter write = error_writer(head.path);
  if (std::string why = guard_.objection(head); !why.empty()) {
    return to_response(forbidden(std::move(why)), write);
  }
  const std::string_view path = without_last_slash(head.path);
  for (const Route& route : routes_) {
    if (!matches(route.pattern, path) || route.method != head.method) continue;
    if (route.access == Access::kPublic || has_key(head)) return std::nullopt;
    return unauthorized(write);
  }
  return std::nullopt;  // Nothing is served there, which is said later.
}

void Router::handle(const std::shared_ptr<Exchange>& exchange) const {
  const Request& request = exchange->request;
  const std::string_view path = without_last_slash(request.path);
  const bool is_head = request.method == "HEAD";
  if (std::string why = guard_.objection(request); !why.empty()) {
    exchange->route = "other";
    return exchange->fail(forbidden(std::move(why)));
  }
  const std::string_view method = is_head ? std::string_view("GET") : request.method;

  std::string allowed;
  const std::string* pattern = nullptr;
  for (const Route& route : routes_) {
    if (!matches(route.pattern, path)) continue;
    // Methods of one pattern stand together under the first pattern that matches.
    if (pattern != nullptr && *pattern != route.pattern) continue;
    pattern = &route.pattern;
    exchange->route = route.pattern;
    if (route.method == method) {
      if (route.access == Access::kWithKey && !has_key(request)) {
        return exchange->respond(unauthorized(exchange->write_error));
      }
      return route.handler(exchange);
    }
    allowed += route.method == "GET" ? "GET, HEAD, " : route.method + ", ";
  }
  if (pattern == nullptr) {
    exchange->route = "other";
    return exchange->fail(
        http_error(404, fmt::format("nothing is served at {} {}", request.method, path)));
  }
  allowed += "OPTIONS";
  Response response{.status = 204};
  if (method != "OPTIONS") {
    response = to_response(http_error(405, fmt::format("{} is not allowed for {}, wanted {}",
                                                       request.method, path, allowed)),
                           exchange->write_error);
  }
  response.headers.emplace_back("Allow", allowed);
  exchange->respond(std::move(response));
}

}  // namespace quern::serve
