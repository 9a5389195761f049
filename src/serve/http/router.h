// Which handler answers which method and path; keys; 401, 403, 404, 405, HEAD and OPTIONS.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serve/http/exchange.h"
#include "serve/http/host_guard.h"
#include "serve/http/http_server.h"

namespace quern::serve {

enum class Access { kPublic, kWithKey };

struct Route {
  std::string method;  // GET answers HEAD too.
  // A path, or a path's beginning followed by '*', which stands for at least one character.
  std::string pattern;
  Access access = Access::kWithKey;
  ErrorWriter write_error = neutral_error;  // Of the first route of a pattern.
  Handler handler;
};

class Router {
 public:
  /// An empty key lets everybody in whom the guard does. `write_error` is for paths of no route.
  explicit Router(std::string api_key, HostGuard guard = {},
                  ErrorWriter write_error = neutral_error)
      : api_key_(std::move(api_key)), guard_(std::move(guard)), write_error_(write_error) {}

  /// The first match in order of adding counts.
  void add(Route route) { routes_.push_back(std::move(route)); }

  /// How errors are written to those who ask for `path`, by any method.
  ErrorWriter error_writer(std::string_view path) const;

  /// Sets exchange.route to the pattern and calls the handler, or answers itself.
  void handle(const std::shared_ptr<Exchange>& exchange) const;

  /// What speaks against a request before its body is read: a host or a key that is not let in.
  std::optional<Response> objection(const Request& head) const;

  /// The patterns, for metrics.
  std::vector<std::string> patterns() const;

 private:
  bool has_key(const Request& request) const;

  std::string api_key_;
  HostGuard guard_;
  ErrorWriter write_error_;
  std::vector<Route> routes_;
};

}  // namespace quern::serve
