// Bytes to messages of the Model Context Protocol: JSON-RPC 2.0, one message or a batch. Whatever
// comes becomes a message: what is none becomes an error to answer with.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quern::serve {

// JSON-RPC's codes, and the protocol's own.
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
inline constexpr int kHeaderMismatch = -32020;
inline constexpr int kUnsupportedVersion = -32022;

/// Longer ids and tokens are none, for they come back with each answer. Bytes, as JSON.
inline constexpr std::size_t kMaxMcpId = 1000;
/// An answer to a batch is written when all are there, so that each waits for the slowest.
inline constexpr std::size_t kMaxBatch = 64;

struct McpError {
  int code = 0;
  std::string message;
  std::string data = {};  // JSON; "" for none.
};

/// One message, with what of its parameters any method wants.
struct McpMessage {
  enum class Kind { kRequest, kNotification, kResponse, kInvalid };

  Kind kind = Kind::kInvalid;
  McpError error = {};      // kInvalid: what to answer.
  std::string id = "null";  // As JSON: 7, "a"; null where there is none.
  std::string method = {};

  // params._meta
  std::optional<std::string> meta_version = {};  // Of the protocol: the era without handshake.
  bool has_client_capabilities = false;
  std::string progress_token = {};  // As JSON; "": none is wanted.

  // params
  std::optional<std::string> protocol_version = {};  // initialize
  std::optional<std::string> name = {};              // tools/call
  std::string arguments = "{}";                      // tools/call: an object, as JSON.
  bool has_bad_arguments = false;                    // They are no object.
  bool has_cursor = false;                           // tools/list
  std::string request_id = {};                       // notifications/cancelled: as id; "": none.
};

struct McpInput {
  std::vector<McpMessage> messages;  // One, unless it is a batch; then its first kMaxBatch.
  std::size_t n_messages = 1;        // So many came.
  bool is_batch = false;
};

/// Threads: any.
McpInput read_mcp_input(std::string_view bytes);

}  // namespace quern::serve
