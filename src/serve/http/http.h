// What the server speaks to its handlers in: one HTTP request, one response. Plain values, no
// library types; http_parser.h makes requests out of bytes, http_server.h carries both.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quern::serve {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  // As sent: "GET", "POST", ...
  std::string path;    // Percent-decoded, without query: "/v1/models/a/b".
  std::string query;   // As sent, without '?'.
  std::string host;    // Whom the client means to speak to, port included; "" if it says nothing.
  Headers headers;     // Names in lower case, in order.
  std::string body;    // Capacity is at least kBodyPadding above its size.

  /// The first header of that (lower case) name; "" where there is none.
  std::string_view header(std::string_view name) const;
};

/// Spare bytes behind a body, which the JSON parser may read (and ignores).
inline constexpr std::size_t kBodyPadding = 64;

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  Headers headers{};  // Beside Content-Type, Content-Length, Connection and Date.
  std::string body{};
};

/// "OK", "Not Found", ...; "Unknown" for a status this server never sends.
std::string_view reason_phrase(int status);

/// Decodes %XX in `text`; false, with `out` unspecified, where a % is not followed by two hex
/// digits. A '+' stays a '+'. Source: RFC 3986 section 2.1.
bool percent_decode(std::string_view text, std::string& out);

}  // namespace quern::serve
