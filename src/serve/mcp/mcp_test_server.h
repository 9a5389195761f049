// A server with tools made for tests, and what it answers as JSON.

#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "serve/mcp/mcp_server.h"

namespace quern::serve {

using Json = nlohmann::json;

/// "echo" says its arguments; "fail" fails; "wait" ends when it is cancelled, or after ten seconds;
/// "steps" tells of three steps.
class TestTools {
 public:
  std::vector<McpTool> tools() {
    const std::string schema = R"({"type":"object","additionalProperties":false})";
    std::vector<McpTool> out;
    const auto add = [&](const char* name, auto run) {
      out.push_back({.name = name,
                     .title = name,
                     .description = "of a test",
                     .input_schema = schema,
                     .run = std::move(run)});
    };
    add("echo", [](const std::string& arguments, const McpCall&) {
      return McpToolResult{.text = arguments};
    });
    add("fail", [](const std::string&, const McpCall&) {
      return McpToolResult{.text = "it failed", .is_error = true};
    });
    add("wait", [this](const std::string&, const McpCall& call) {
      ++n_waiting;
      for (int i = 0; i < 1000 && !call.is_cancelled; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      --n_waiting;
      if (call.is_cancelled) ++n_cancelled;
      return McpToolResult{.text = "waited"};
    });
    add("steps", [](const std::string&, const McpCall& call) {
      for (std::size_t i = 1; i <= 3; ++i) {
        if (call.on_progress) call.on_progress(i, 3);
        std::this_thread::sleep_for(std::chrono::milliseconds(120));
      }
      return McpToolResult{.text = "stepped"};
    });
    return out;
  }

  std::atomic<int> n_waiting{0};
  std::atomic<int> n_cancelled{0};
};

inline McpFacts test_facts() {
  return {.name = "test", .title = "Test", .version = "1.2", .instructions = "use it"};
}

/// A request of the era without a handshake.
inline std::string modern(int id, const std::string& method, Json params = Json::object(),
                          const std::string& version = std::string(kModernVersion)) {
  params["_meta"]["io.modelcontextprotocol/protocolVersion"] = version;
  params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = Json::object();
  return Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump();
}

inline std::string legacy(int id, const std::string& method, const Json& params = Json::object()) {
  return Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump();
}

}  // namespace quern::serve
