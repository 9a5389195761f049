// The HTTP/1.1 server: sockets, limits, timeouts, keep-alive, disconnects, graceful stop. Asio and
// its coroutines stay inside http_server.cpp and http_session.cpp.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_ledger.h"
#include "base/status.h"
#include "serve/http/exchange.h"
#include "serve/http/http_error.h"
#include "serve/http/http_parser.h"

namespace quern::serve {

/// One request that is over, for metrics and logs.
struct Finished {
  std::string route{};  // Exchange::route; "" if no handler saw the request.
  int status = 0;       // 499: the client left first.
  double seconds = 0;   // From the complete request to the last byte of the answer.
};

struct HttpServerOptions {
  using Ms = std::chrono::milliseconds;

  std::string host = "127.0.0.1";
  int port = 0;  // 0: the system chooses; see HttpServer::port().
  int n_threads = 2;
  int max_connections = 0;  // 0: what the limit of open files leaves. More wait in the backlog.
  ParserLimits limits;
  Ms header_timeout{10'000};      // From the first byte of a request to the end of its headers.
  Ms body_idle_timeout{20'000};   // Without a byte of the body.
  Ms keep_alive_timeout{75'000};  // Between requests.
  Ms request_timeout{300'000};    // For the whole of a request; then 504.
  Ms write_timeout{30'000};       // Without the client taking a byte of the answer.
  Ms cut_timeout{10'000};         // For requests to end once they are cut, at the end.
  ByteLedger* ledger = nullptr;   // Where bodies are accounted ("requests").
  /// Asked when a request's head is there and its body is not: an answer refuses it. Empty: nothing
  /// is refused so early.
  std::function<std::optional<Response>(const Request& head)> objection;
  std::function<void(const Finished&)> on_finished;  // Called on the server's threads.
  /// How errors are written to whoever asks for a path ("": it is not known yet); empty: neutrally.
  std::function<ErrorWriter(std::string_view path)> error_writer;
};

/// Called on a thread of the server, which serves many connections: must not block for long. May
/// throw only what the standard library throws; that becomes a 500.
using Handler = std::function<void(std::shared_ptr<Exchange>)>;

class HttpServer {
 public:
  /// Binds and listens; requests are answered from here on.
  /// Errors: kBadInput (host or port that cannot be), kUnavailable (port in use, named), kIo.
  static Result<std::unique_ptr<HttpServer>> start(const HttpServerOptions& options,
                                                   Handler handler);
  ~HttpServer();  // stop(0).

  int port() const;
  int n_connections() const;

  /// Stops accepting, closes idle connections, lets requests that have begun finish for up to
  /// `patience`, then cuts the rest. True if nothing was cut. Not from a thread of the server.
  bool stop(std::chrono::milliseconds patience);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace quern::serve
