#include "serve/mcp/mcp_server.h"

#include <algorithm>
#include <array>
#include <exception>
#include <iterator>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "serve/json/json_text.h"
#include "serve/mcp/clipped_text.h"

namespace quern::serve {
namespace {

constexpr std::array<std::string_view, 4> kHandshakeVersions = {"2025-11-25", "2025-06-18",
                                                                "2025-03-26", "2024-11-05"};

// Calls that wait or run; more are refused.
constexpr std::size_t kMaxWaiting = 64;

// A last net: tools bound what they say, and errors tell names that are clipped. Bytes.
constexpr std::size_t kMaxToolText = 256 << 10;
constexpr std::size_t kMaxErrorText = 8 << 10;

// Clients lose a message about progress that comes in one piece with the answer.
constexpr auto kProgressGap = std::chrono::milliseconds(50);
constexpr auto kProgressEvery = std::chrono::milliseconds(100);

// How long clients may keep lists: they are the program's own and change with it.
constexpr const char* kCacheFields = R"("ttlMs":3600000,"cacheScope":"public")";

std::string supported_versions() {
  return fmt::format("[\"{}\",\"{}\"]", kModernVersion, fmt::join(kHandshakeVersions, "\",\""));
}

void append_field(std::string& out, std::string_view name, std::string_view text) {
  fmt::format_to(std::back_inserter(out), "\"{}\":", name);
  append_json_string(out, text);
}

std::string info_json(const McpFacts& facts) {
  std::string out = "{";
  append_field(out, "name", facts.name);
  out += ',';
  append_field(out, "title", facts.title);
  out += ',';
  append_field(out, "version", facts.version);
  return out + "}";
}

std::string list_json(const std::vector<McpTool>& tools) {
  std::string out = "[";
  for (const McpTool& tool : tools) {
    if (out.size() > 1) out += ',';
    out += '{';
    append_field(out, "name", tool.name);
    out += ',';
    append_field(out, "title", tool.title);
    out += ',';
    append_field(out, "description", tool.description);
    out += ",\"inputSchema\":" + tool.input_schema;
    out += R"(,"annotations":{"readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,)"
           R"("openWorldHint":false}})";
  }
  return out + "]";
}

/// Sends how far a call is, now and then.
class Progress {
 public:
  Progress(std::string token, std::function<void(std::string)> notify)
      : token_(std::move(token)), notify_(std::move(notify)) {}

  void tell(std::size_t n_done, std::size_t n_wanted) {
    const auto now = Clock::now();
    if (n_done <= n_told_ || now - told_at_ < kProgressEvery) return;
    n_told_ = n_done;
    told_at_ = now;
    notify_(
        fmt::format(R"({{"jsonrpc":"2.0","method":"notifications/progress","params":)"
                    R"({{"progressToken":{},"progress":{},"total":{},"message":"files read"}}}})",
                    token_, n_done, n_wanted));
  }

  void finish() const {
    if (n_told_ > 0) std::this_thread::sleep_until(told_at_ + kProgressGap);
  }

 private:
  using Clock = std::chrono::steady_clock;
  const std::string token_;
  const std::function<void(std::string)> notify_;
  std::size_t n_told_ = 0;
  Clock::time_point told_at_{};
};

McpToolResult run_tool(const McpTool& tool, const std::string& arguments, const McpCall& call) {
  try {
    return tool.run(arguments, call);
  } catch (const std::exception& e) {  // Of the standard library: no memory, say.
    return {.text = fmt::format("{}: internal error: {}", tool.name, e.what()), .is_error = true};
  }
}

}  // namespace

bool is_handshake_version(std::string_view version) {
  return std::find(kHandshakeVersions.begin(), kHandshakeVersions.end(), version) !=
         kHandshakeVersions.end();
}

std::string_view negotiated_version(std::string_view offered) {
  const auto found = std::find(kHandshakeVersions.begin(), kHandshakeVersions.end(), offered);
  return found == kHandshakeVersions.end() ? kHandshakeVersions.front() : *found;
}

McpServer::McpServer(McpFacts facts, std::vector<McpTool> tools, int n_threads)
    : facts_(std::move(facts)),
      tools_(std::move(tools)),
      server_info_(info_json(facts_)),
      tool_list_(list_json(tools_)),
      threads_(n_threads) {}

McpReply McpServer::error_reply(const std::string& id, const McpError& error, int http_status) {
  McpReply out{
      .json = fmt::format(R"({{"jsonrpc":"2.0","id":{},"error":{{"code":{},)", id, error.code),
      .http_status = http_status};
  append_field(out.json, "message", clipped(error.message, kMaxErrorText));
  if (!error.data.empty()) out.json += ",\"data\":" + error.data;
  out.json += "}}";
  return out;
}

std::string McpServer::result(const McpMessage& message, bool is_modern, std::string fields,
                              bool is_cacheable) const {
  if (is_modern) {
    fields = fmt::format(R"("resultType":"complete",{}{}{},"_meta":{{"{}":{}}})", fields,
                         is_cacheable ? "," : "", is_cacheable ? kCacheFields : "",
                         "io.modelcontextprotocol/serverInfo", server_info_);
  }
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"result":{{{}}}}})", message.id, fields);
}

McpReply McpServer::initialize(const McpMessage& message) const {
  if (!message.protocol_version) {
    return error_reply(message.id, {.code = kInvalidParams,
                                    .message = "initialize: \"protocolVersion\" is no text"});
  }
  std::string fields;
  append_field(fields, "protocolVersion", negotiated_version(*message.protocol_version));
  fields += R"(,"capabilities":{"tools":{}},"serverInfo":)" + server_info_ + ",";
  append_field(fields, "instructions", facts_.instructions);
  return {.json = result(message, false, std::move(fields))};
}

McpReply McpServer::answer_now(const McpMessage& message, bool is_modern) const {
  if (message.method == "tools/list") {
    if (message.has_cursor) {
      return error_reply(message.id,
                         {.code = kInvalidParams,
                          .message = "tools/list: no such cursor, all tools are on the first page"},
                         is_modern ? 400 : 200);
    }
    return {.json = result(message, is_modern, "\"tools\":" + tool_list_, true)};
  }
  if (is_modern && message.method == "server/discover") {
    std::string fields = fmt::format(R"("supportedVersions":{},"capabilities":{{"tools":{{}}}},)",
                                     supported_versions());
    append_field(fields, "instructions", facts_.instructions);
    return {.json = result(message, true, std::move(fields), true)};
  }
  if (!is_modern && message.method == "ping") return {.json = result(message, false, "")};
  return error_reply(
      message.id,
      {.code = kMethodNotFound,
       .message = fmt::format("there is no method '{}' here", clipped(message.method))},
      is_modern ? 404 : 200);
}

void McpServer::answer(const McpMessage& message, const Want& want,
                       std::function<void(McpReply)> done) {
  if (message.kind == McpMessage::Kind::kInvalid) {
    return done(error_reply(message.id, message.error, 400));
  }
  if (message.method == "initialize") return done(initialize(message));
  const bool is_modern =
      want.is_modern || message.meta_version || message.method == "server/discover";
  if (is_modern) {
    if (!message.meta_version || !message.has_client_capabilities) {
      return done(
          error_reply(message.id,
                      {.code = kInvalidParams,
                       .message = "params._meta wants io.modelcontextprotocol/protocolVersion and "
                                  "io.modelcontextprotocol/clientCapabilities"},
                      400));
    }
    if (*message.meta_version != kModernVersion) {
      std::string data = "{\"supported\":" + supported_versions() + ",";
      const std::string requested = clipped(*message.meta_version);
      append_field(data, "requested", requested);
      return done(error_reply(
          message.id,
          {.code = kUnsupportedVersion,
           .message = fmt::format("version {} is not spoken without a handshake, but {} is; with "
                                  "initialize: {}",
                                  requested, kModernVersion, fmt::join(kHandshakeVersions, ", ")),
           .data = data + "}"},
          400));
    }
  }
  if (message.method == "tools/call") return call_tool(message, is_modern, want, std::move(done));
  done(answer_now(message, is_modern));
}

const McpTool* McpServer::find_tool(std::string_view name) const {
  for (const McpTool& tool : tools_) {
    if (tool.name == name) return &tool;
  }
  return nullptr;
}

void McpServer::call_tool(const McpMessage& message, bool is_modern, const Want& want,
                          std::function<void(McpReply)> done) {
  const int bad = is_modern ? 400 : 200;
  const McpTool* tool = message.name ? find_tool(*message.name) : nullptr;
  std::string problem;
  if (!message.name) problem = "tools/call: \"name\" is not there, or no text";
  if (message.name && tool == nullptr) {
    std::vector<std::string_view> names;
    for (const McpTool& known : tools_) names.push_back(known.name);
    problem = fmt::format("there is no tool '{}', there are {}", clipped(*message.name),
                          fmt::join(names, ", "));
  }
  if (message.has_bad_arguments) problem = "tools/call: \"arguments\" is no object";
  if (!problem.empty()) {
    return done(error_reply(message.id, {.code = kInvalidParams, .message = problem}, bad));
  }
  Waiting waiting{.call = want.call, .run = {}, .done = done};
  waiting.run = [this, tool, message, is_modern, want, done] {
    McpCall& call = *want.call;
    Progress progress(message.progress_token, want.notify);
    const bool is_told = !message.progress_token.empty() && want.notify;
    if (is_told) {
      call.on_progress = [&progress](std::size_t n_done, std::size_t n_wanted) {
        progress.tell(n_done, n_wanted);
      };
    }
    const McpToolResult said = run_tool(*tool, message.arguments, call);
    call.on_progress = {};
    if (is_told && !call.is_cancelled) progress.finish();
    McpReply reply;
    if (!call.is_cancelled) {
      std::string fields = R"("content":[{"type":"text","text":)";
      append_json_string(fields, clipped(said.text, said.is_error ? kMaxErrorText : kMaxToolText));
      fields += "}]";
      fields += said.is_error ? ",\"isError\":true" : ",\"isError\":false";
      reply.json = result(message, is_modern, std::move(fields));
    }
    {
      const std::lock_guard lock(mutex_);
      --n_running_;  // Before its answer goes out: then another may come at once.
    }
    done(std::move(reply));
  };
  if (add(std::move(waiting))) return;
  done(error_reply(message.id,
                   {.code = kInternalError,
                    .message = fmt::format("{} calls wait already: try again later", kMaxWaiting)},
                   is_modern ? 503 : 200));
}

// False where too many wait. Calls that were cancelled give their places up.
bool McpServer::add(Waiting waiting) {
  std::vector<Waiting> cancelled;
  bool is_added = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + n_running_ >= kMaxWaiting) {
      const auto first = std::stable_partition(
          waiting_.begin(), waiting_.end(), [](const Waiting& w) { return !w.call->is_cancelled; });
      std::move(first, waiting_.end(), std::back_inserter(cancelled));
      waiting_.erase(first, waiting_.end());
    }
    is_added = waiting_.size() + n_running_ < kMaxWaiting;
    if (is_added) {
      waiting_.push_back(std::move(waiting));
      if (n_turns_ < waiting_.size()) {
        ++n_turns_;
        threads_.add([this] { run_next(); });
      }
    }
  }
  for (const Waiting& call : cancelled) call.done({});
  return is_added;
}

void McpServer::run_next() {
  Waiting next;
  bool is_wanted = false;
  {
    const std::lock_guard lock(mutex_);
    --n_turns_;
    if (waiting_.empty()) return;  // It was cancelled.
    next = std::move(waiting_.front());
    waiting_.pop_front();
    is_wanted = !next.call->is_cancelled;
    if (is_wanted) ++n_running_;
  }
  if (!is_wanted) return next.done({});
  next.run();
}

std::shared_ptr<McpCall> McpCalls::begin(const std::string& key) {
  auto call = std::make_shared<McpCall>();
  const std::lock_guard lock(mutex_);
  if (!calls_.emplace(key, call).second) return nullptr;
  ++n_inside_;
  return call;
}

void McpCalls::end(const std::string& key) {
  const std::lock_guard lock(mutex_);
  calls_.erase(key);
}

void McpCalls::leave() {
  const std::lock_guard lock(mutex_);
  --n_inside_;
  left_.notify_all();  // Under the lock: who waits may be gone behind it.
}

void McpCalls::cancel(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = calls_.find(key);
  if (found != calls_.end()) found->second->is_cancelled = true;
}

void McpCalls::cancel_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, call] : calls_) call->is_cancelled = true;
}

bool McpCalls::wait(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return left_.wait_for(lock, patience, [this] { return n_inside_ == 0; });
}

}  // namespace quern::serve
