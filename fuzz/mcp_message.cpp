// The reader of messages of the Model Context Protocol: the same lines in whatever pieces, and what
// is read of each is answered with JSON.

#include "serve/mcp/mcp_message.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "serve/mcp/mcp_server.h"
#include "serve/mcp/mcp_stdio.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t n) {
  using namespace quern::serve;
  const std::string_view bytes(reinterpret_cast<const char*>(data), n);
  std::vector<std::string> whole, in_pieces;
  int n_long = 0, n_long_in_pieces = 0;
  McpLines lines(256), pieces(256);
  const auto keep = [](std::vector<std::string>& out) {
    return [&out](std::string_view line) { out.emplace_back(line); };
  };
  lines.feed(bytes, keep(whole), [&] { ++n_long; });
  lines.finish(keep(whole));
  for (std::size_t i = 0; i < n; i += 7) {
    pieces.feed(bytes.substr(i, 7), keep(in_pieces), [&] { ++n_long_in_pieces; });
  }
  pieces.finish(keep(in_pieces));
  QUERN_CHECK(whole == in_pieces && n_long == n_long_in_pieces);
  whole.emplace_back(bytes);
  for (const std::string& line : whole) {
    const McpInput input = read_mcp_input(line);
    QUERN_CHECK(input.is_batch || input.messages.size() == 1);
    QUERN_CHECK(input.messages.size() == std::min(input.n_messages, kMaxBatch));
    for (const McpMessage& message : input.messages) {
      if (message.kind == McpMessage::Kind::kInvalid) QUERN_CHECK(message.error.code != 0);
      // An answer to it can be read again, and has its id.
      const McpReply reply = McpServer::error_reply(message.id, {.code = 1, .message = line});
      const McpInput again = read_mcp_input(reply.json);
      QUERN_CHECK(again.messages.size() == 1);
      QUERN_CHECK(again.messages[0].kind == McpMessage::Kind::kResponse);
      QUERN_CHECK(message.id == "null" || again.messages[0].id == message.id);
    }
  }
  return 0;
}
