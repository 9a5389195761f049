// What a server of the Model Context Protocol answers, in both of its eras, apart from how messages
// come: with a handshake (2024-11-05 to 2025-11-25), and without one (2026-07-28), where each
// request says its version. The first message decides for nobody but itself: both may be mixed.
// docs/mcp.md.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "serve/collections/search_threads.h"
#include "serve/mcp/mcp_message.h"

namespace quern::serve {

inline constexpr std::string_view kModernVersion = "2026-07-28";
/// The version whose messages may come in batches.
inline constexpr std::string_view kBatchVersion = "2025-03-26";

bool is_handshake_version(std::string_view version);

/// What the server answers to a client that offers a version: that one, or the newest it has.
std::string_view negotiated_version(std::string_view offered);

/// A call of a tool that is under way. Threads: any.
struct McpCall {
  std::atomic<bool> is_cancelled{false};
  /// Tells how far it is; empty: nobody wants to know. Steps rise.
  std::function<void(std::size_t n_done, std::size_t n_wanted)> on_progress = {};
};

/// What a tool says: to a model, so that errors are texts as well.
struct McpToolResult {
  std::string text;
  bool is_error = false;
};

/// A tool that only reads.
struct McpTool {
  std::string name;
  std::string title;
  std::string description;   // At most 2,000 bytes: clients cut there.
  std::string input_schema;  // JSON.
  /// On any thread, several at once. `arguments` is a JSON object.
  std::function<McpToolResult(const std::string& arguments, const McpCall& call)> run;
};

struct McpFacts {
  std::string name;
  std::string title;
  std::string version;
  std::string instructions;  // For models; at most 2,000 bytes.
};

/// An answer as HTTP has it; elsewhere the status means nothing.
struct McpReply {
  std::string json;  // One message without newlines; "": none, for the call was cancelled.
  int http_status = 200;
};

/// Threads: any.
class McpServer {
 public:
  McpServer(McpFacts facts, std::vector<McpTool> tools, int n_threads = 4);

  struct Want {
    bool is_modern = false;  // The transport says so, whatever is in the message.
    std::shared_ptr<McpCall> call = {};
    /// Sends a message that goes before the answer; empty: there is no way to.
    std::function<void(std::string json)> notify = {};
  };
  /// Answers a request, or a message that is invalid: calls `done` once, here or on a thread of
  /// ours.
  void answer(const McpMessage& message, const Want& want, std::function<void(McpReply)> done);

  static McpReply error_reply(const std::string& id, const McpError& error, int http_status = 200);

 private:
  McpReply answer_now(const McpMessage& message, bool is_modern) const;
  McpReply initialize(const McpMessage& message) const;
  std::string result(const McpMessage& message, bool is_modern, std::string fields,
                     bool is_cacheable = false) const;
  void call_tool(const McpMessage& message, bool is_modern, const Want& want,
                 std::function<void(McpReply)> done);
  const McpTool* find_tool(std::string_view name) const;

  /// A call that no thread has begun.
  struct Waiting {
    std::shared_ptr<McpCall> call;
    std::function<void()> run;
    std::function<void(McpReply)> done;
  };
  bool add(Waiting waiting);
  void run_next();

  const McpFacts facts_;
  const std::vector<McpTool> tools_;
  std::string server_info_;  // JSON
  std::string tool_list_;    // JSON
  std::mutex mutex_;         // Guards these.
  std::deque<Waiting> waiting_;
  std::size_t n_running_ = 0;
  std::size_t n_turns_ = 0;  // Tasks of threads_ that have not begun: no fewer than wait.
  SearchThreads threads_;    // Last: its tasks use the others.
};

/// Calls by whom they are of, so that they can be cancelled. Threads: any.
class McpCalls {
 public:
  /// Null where one of this key is under way.
  std::shared_ptr<McpCall> begin(const std::string& key);
  /// Before its answer goes out: then the key may come again at once.
  void end(const std::string& key);
  /// Its answer has gone out; the last that a call does with this.
  void leave();
  void cancel(const std::string& key);
  void cancel_all();
  /// Until all have left, or for so long. True where all have.
  bool wait(std::chrono::milliseconds patience);

 private:
  std::mutex mutex_;  // Guards these.
  std::condition_variable left_;
  std::map<std::string, std::shared_ptr<McpCall>> calls_;
  std::size_t n_inside_ = 0;
};

}  // namespace quern::serve
