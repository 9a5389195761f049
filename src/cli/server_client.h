// A running server, as commands speak to it: quern warm, clear, ps.

#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/status.h"

namespace CLI {
class App;
}

namespace quern::cli {

struct ServerFlags {
  std::string url;      // --server
  std::string api_key;  // --api-key, else QUERN_API_KEY
};

inline constexpr const char* kUsualServer = "http://127.0.0.1:8090";

/// Adds --server and --api-key.
void add_server_flags(CLI::App& command, ServerFlags& flags);

/// Asks for a path by GET, or by POST where there is a body; returns its answer.
/// Errors: kBadInput (no URL, a wrong key, what the server refuses), kNotFound, kUnavailable
/// (nobody
///   answers there, or not now), kIo (no JSON), each with what the server said.
Result<nlohmann::json> ask_server(const ServerFlags& flags, const std::string& path,
                                  const std::string& body = "");

/// "127.0.0.1:8090" and the like become URLs; a path behind the port, and '/', go.
std::string server_url(std::string_view text);

}  // namespace quern::cli
