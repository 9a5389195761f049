// The Model Context Protocol over HTTP, at one path: POST brings one message, and JSON goes back;
// server-sent events where a client wants to know how far a call is. There is no stream of the
// server's own, and no state between requests: the id of a session only tells whose call is meant
// by a cancellation.

#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "serve/http/http_server.h"
#include "serve/mcp/mcp_server.h"

namespace quern::serve {

inline constexpr const char* kMcpPath = "/mcp";

struct McpHttpOptions {
  HttpServerOptions http;
  std::string api_key;                     // "": $QUERN_API_KEY; none lets everybody in.
  std::vector<std::string> allowed_hosts;  // Without a key: what HostGuard lets pass.
};

class McpHttp {
 public:
  /// Listens from here on. The server outlives this. Errors: as HttpServer::start, HostGuard::make.
  static Result<std::unique_ptr<McpHttp>> start(const McpHttpOptions& options, McpServer& server);
  ~McpHttp();  // stop(0).

  int port() const;
  /// "http://127.0.0.1:8091/mcp"
  std::string url() const;

  /// As HttpServer::stop.
  bool stop(std::chrono::milliseconds patience);

 private:
  struct Impl;
  explicit McpHttp(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace quern::serve
