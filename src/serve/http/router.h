// Which handler answers which method and path; keys; 401, 403, 404, 405, HEAD and OPTIONS.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "serve/http/exchange.h"
#include "serve/http/host_guard.h"
#include "serve/http/http_server.h"

namespace quern::serve {

enum class Access { kPublic, kWithKey };

class Router {
 public:
  /// An empty key lets everybody in whom the guard does.
  explicit Router(std::string api_key, HostGuard guard = {})
      : api_key_(std::move(api_key)), guard_(std::move(guard)) {}

  /// A pattern is a path, or a path's beginning followed by '*', which stands for at least one
  /// character. The first match in order of adding counts. GET answers HEAD too.
  void add(std::string method, std::string pattern, Access access, Handler handler);

  /// Sets exchange.route to the pattern and calls the handler, or answers itself.
  void handle(const std::shared_ptr<Exchange>& exchange) const;

  /// The patterns, for metrics.
  std::vector<std::string> patterns() const;

 private:
  struct Route {
    std::string method;
    std::string pattern;
    Access access;
    Handler handler;
  };

  bool has_key(const Request& request) const;

  std::string api_key_;
  HostGuard guard_;
  std::vector<Route> routes_;
};

}  // namespace quern::serve
