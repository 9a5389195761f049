#include "serve/mcp/mcp_headers.h"

#include <cstdint>

#include <fmt/format.h>

#include "serve/mcp/mcp_server.h"

namespace quern::serve {
namespace {

constexpr std::string_view kBegin = "=?base64?";
constexpr std::string_view kEnd = "?=";

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

// Source: RFC 4648 sections 4 and 5; padding may be left out.
std::optional<std::string> from_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out;
  std::uint32_t bits = 0;
  int n_bits = 0;
  for (const char c : text) {
    const int digit = base64_digit(c);
    if (digit < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    n_bits += 6;
    if (n_bits >= 8) {
      n_bits -= 8;
      out.push_back(static_cast<char>(bits >> n_bits & 0xFF));
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> decoded_header(std::string_view value) {
  if (!value.starts_with(kBegin) || !value.ends_with(kEnd) ||
      value.size() < kBegin.size() + kEnd.size()) {
    return std::string(value);
  }
  value.remove_prefix(kBegin.size());
  value.remove_suffix(kEnd.size());
  return from_base64(value);
}

std::optional<McpError> header_problem(const Request& request, const McpMessage& message) {
  const auto differs = [&](std::string_view header,
                           std::string_view wanted) -> std::optional<McpError> {
    const std::string_view raw = request.header(header);
    const std::optional<std::string> got = decoded_header(raw);
    if (got == wanted) return std::nullopt;
    return McpError{.code = kHeaderMismatch,
                    .message = fmt::format("header {} is '{}', but the message says '{}'", header,
                                           raw.substr(0, 100), wanted.substr(0, 100))};
  };
  if (auto problem = differs("mcp-protocol-version", message.meta_version.value_or(""))) {
    return problem;
  }
  if (auto problem = differs("mcp-method", message.method)) return problem;
  if (message.method != "tools/call") return std::nullopt;
  return differs("mcp-name", message.name.value_or(""));
}

}  // namespace quern::serve
