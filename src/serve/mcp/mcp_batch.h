// Several messages in one JSON array, which 2025-03-26 has and no other version: their answers come
// as one array, too.

#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "serve/mcp/mcp_message.h"

namespace quern::serve {

/// Why a batch is not taken from a client of this version ("": it has not said which).
std::optional<McpError> batch_refusal(const McpInput& input, std::string_view version);

/// Threads: any.
class McpBatch {
 public:
  /// `done` is called with all answers once they are there; with "" where there are none.
  McpBatch(const McpInput& input, std::function<void(std::string)> done);

  static bool is_answered(const McpMessage& message) {
    return message.kind == McpMessage::Kind::kRequest || message.kind == McpMessage::Kind::kInvalid;
  }

  /// One answer; "" of a call that was cancelled.
  void add(std::string json);

 private:
  const std::function<void(std::string)> done_;
  std::mutex mutex_;  // Guards these.
  std::size_t n_open_ = 0;
  std::string answers_;
};

}  // namespace quern::serve
