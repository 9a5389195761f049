// Bytes -> one HTTP/1.x request, fed in pieces of any size. Knows no socket, so the fuzzer drives
// the same code as the server. Grammar by Boost.Beast, kept inside http_parser.cpp.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "serve/http/http.h"

namespace quern::serve {

struct ParserLimits {
  std::size_t header_bytes = 16 << 10;  // Request line and all headers together.
  std::size_t body_bytes = 32 << 20;
};

class RequestParser {
 public:
  explicit RequestParser(const ParserLimits& limits);
  ~RequestParser();

  enum class State { kHeader, kBody, kDone, kFailed };

  /// Consumes bytes from the front and returns how many. What it leaves must be offered again,
  /// with more behind it; after kDone the rest belongs to the next request.
  std::size_t feed(std::string_view bytes);

  State state() const { return state_; }

  /// kFailed: the status to answer with and why.
  int failed_status() const { return failed_status_; }
  const std::string& failed_message() const { return failed_message_; }

  /// From kBody on, until take().
  const std::string& path() const { return request_.path; }
  /// From kBody on, until take(): all but the body.
  const Request& head() const { return request_; }
  /// From kBody on: the client waits for "100 Continue" before it sends the body.
  bool expects_continue() const { return expects_continue_; }
  /// From kBody on: the client would use the connection again.
  bool keep_alive() const;
  /// From kBody on: HTTP/1.0, which knows no chunks.
  bool is_http10() const;
  /// Bytes of body so far.
  std::size_t body_bytes() const;

  /// kDone: the request, moved out.
  Request take();

 private:
  struct Impl;

  void check_header();
  void fail(int status, std::string message);

  ParserLimits limits_;
  State state_ = State::kHeader;
  int failed_status_ = 0;
  std::string failed_message_;
  bool expects_continue_ = false;
  bool has_begun_ = false;
  Request request_;  // Method, path, query: filled when the header is complete.
  std::unique_ptr<Impl> impl_;
};

}  // namespace quern::serve
