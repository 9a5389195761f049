// What a request's headers must say of its message, in the era without a handshake: proxies decide
// by them, so that they may not differ from the body.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "serve/http/http.h"
#include "serve/mcp/mcp_message.h"

namespace quern::serve {

/// A header's value: as it stands, or from "=?base64?...?=". Nothing where that is no base64.
std::optional<std::string> decoded_header(std::string_view value);

/// What is wrong with the headers of a message of that era.
std::optional<McpError> header_problem(const Request& request, const McpMessage& message);

}  // namespace quern::serve
