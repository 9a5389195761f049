// The Model Context Protocol over two pipes: a message a line. Nothing else is ever written there.

#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "serve/mcp/mcp_server.h"

namespace quern::serve {

/// Longer lines are no messages: they are passed over and answered with an error.
inline constexpr std::size_t kMaxMcpLine = std::size_t{4} << 20;

/// Bytes to lines, whose ends are "\n" or "\r\n"; empty ones are left out.
class McpLines {
 public:
  explicit McpLines(std::size_t max_bytes = kMaxMcpLine) : max_bytes_(max_bytes) {}

  using OnLine = std::function<void(std::string_view line)>;
  using OnTooLong = std::function<void()>;  // Once for each line that is.
  void feed(std::string_view bytes, const OnLine& on_line, const OnTooLong& on_too_long);
  /// At the end: what is left is a line, too.
  void finish(const OnLine& on_line);

 private:
  const std::size_t max_bytes_;
  std::string begun_;
  bool is_skipping_ = false;  // The rest of a line that is too long.
};

struct McpStdioOptions {
  int in = 0;
  int out = 1;
  // Calls that run when there is no more input are answered for so long; clients wait two seconds
  // before they end a server.
  std::chrono::milliseconds patience{1500};
};

/// Serves one client until its end of the pipes is gone. Errors: kIo for reading.
Status run_mcp_stdio(McpServer& server, const McpStdioOptions& options);

}  // namespace quern::serve
