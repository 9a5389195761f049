#include "serve/mcp/mcp_stdio.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "serve/mcp/line_writer.h"
#include "serve/mcp/mcp_batch.h"

namespace quern::serve {
namespace {

// How long nothing is read from a client that reads nothing, before it is looked at again.
constexpr int kFullMs = 20;

class Pipes {
 public:
  Pipes(McpServer& server, const McpStdioOptions& options)
      : server_(server), options_(options), writer_(options.out) {}

  Status serve();

 private:
  void take(std::string_view line);
  void take_batch(const McpInput& input);
  void take_request(const McpMessage& message, std::function<void(McpReply)> done);
  void take_notification(const McpMessage& message);
  void write_line(std::string json);

  McpServer& server_;
  const McpStdioOptions options_;
  std::string version_;  // Of the handshake; "": there was none.
  McpCalls calls_;
  LineWriter writer_;
};

Status Pipes::serve() {
  McpLines lines;
  const auto on_line = [this](std::string_view line) { take(line); };
  const auto on_too_long = [this] {
    write_line(McpServer::error_reply(
                   "null", {.code = kInvalidRequest,
                            .message = fmt::format("a message of more than {} bytes", kMaxMcpLine)})
                   .json);
  };
  std::string bytes(64 << 10, '\0');
  Status status;
  bool is_gone = false;
  while (!writer_.is_gone()) {
    // A client that is gone shows at either pipe. From one that reads no answers nothing more is
    // taken for a while; whether it is still there shows all the same.
    const bool is_full = writer_.is_full();
    const short wanted = is_full ? POLLRDHUP : POLLIN;
    std::array<pollfd, 2> fds = {{{.fd = options_.in, .events = wanted, .revents = 0},
                                  {.fd = options_.out, .events = 0, .revents = 0}}};
    if (::poll(fds.data(), fds.size(), is_full ? kFullMs : -1) < 0) {
      if (errno == EINTR) continue;
      status = {Code::kIo, fmt::format("cannot wait for a message: {}", std::strerror(errno))};
      break;
    }
    if ((fds[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
      is_gone = true;
      break;
    }
    // Of a pipe that is closed the one, of a socket the other.
    if (is_full && (fds[0].revents & (POLLHUP | POLLRDHUP)) != 0) break;
    if (is_full) continue;
    const ssize_t n = ::read(options_.in, bytes.data(), bytes.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) {
      status = {Code::kIo, fmt::format("cannot read a message: {}", std::strerror(errno))};
      break;
    }
    if (n == 0) {
      lines.finish(on_line);
      break;
    }
    lines.feed(std::string_view(bytes.data(), static_cast<std::size_t>(n)), on_line, on_too_long);
  }
  is_gone = is_gone || writer_.is_gone();
  const auto end =
      LineWriter::Clock::now() + (is_gone ? std::chrono::milliseconds(0) : options_.patience);
  if (!is_gone) calls_.wait(options_.patience);
  calls_.cancel_all();
  calls_.wait(std::chrono::hours(1));  // They see that nobody waits; what they do is bounded.
  writer_.finish(end);
  return status;
}

void Pipes::take(std::string_view line) {
  const McpInput input = read_mcp_input(line);
  if (input.is_batch) return take_batch(input);
  const McpMessage& message = input.messages[0];
  switch (message.kind) {
    case McpMessage::Kind::kResponse:
      return;  // To nothing that was asked.
    case McpMessage::Kind::kNotification:
      return take_notification(message);
    case McpMessage::Kind::kRequest:
    case McpMessage::Kind::kInvalid:
      take_request(message, [this](McpReply reply) { write_line(std::move(reply.json)); });
  }
}

void Pipes::take_batch(const McpInput& input) {
  if (const auto refusal = batch_refusal(input, version_)) {
    return write_line(McpServer::error_reply("null", *refusal).json);
  }
  const auto batch =
      std::make_shared<McpBatch>(input, [this](std::string json) { write_line(std::move(json)); });
  for (const McpMessage& message : input.messages) {
    if (message.kind == McpMessage::Kind::kNotification) take_notification(message);
    if (!McpBatch::is_answered(message)) continue;
    take_request(message, [batch](McpReply reply) { batch->add(std::move(reply.json)); });
  }
}

void Pipes::take_request(const McpMessage& message, std::function<void(McpReply)> done) {
  if (message.method == "initialize" && message.protocol_version) {
    version_ = negotiated_version(*message.protocol_version);
  }
  if (message.method != "tools/call") return server_.answer(message, {}, std::move(done));
  McpServer::Want want;
  want.call = calls_.begin(message.id);
  if (want.call == nullptr) {
    return done(McpServer::error_reply(
        message.id,
        {.code = kInvalidRequest, .message = "a request with this id has not been answered yet"}));
  }
  want.notify = [this](std::string json) {
    if (!writer_.is_full()) write_line(std::move(json));
  };
  server_.answer(message, want, [this, id = message.id, done = std::move(done)](McpReply reply) {
    calls_.end(id);
    done(std::move(reply));
    calls_.leave();
  });
}

void Pipes::take_notification(const McpMessage& message) {
  if (message.method == "notifications/cancelled") calls_.cancel(message.request_id);
}

void Pipes::write_line(std::string json) {
  if (!json.empty()) writer_.write(std::move(json));
}

}  // namespace

void McpLines::feed(std::string_view bytes, const OnLine& on_line, const OnTooLong& on_too_long) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (!is_skipping_ && begun_.size() + part.size() > max_bytes_) {
      is_skipping_ = true;
      begun_ = {};
      on_too_long();
    }
    if (!is_skipping_) begun_ += part;
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    is_skipping_ = false;
    finish(on_line);
  }
}

void McpLines::finish(const OnLine& on_line) {
  std::string line = std::exchange(begun_, {});
  if (line.ends_with('\r')) line.pop_back();
  if (line.find_first_not_of(" \t") != std::string::npos) on_line(line);
}

Status run_mcp_stdio(McpServer& server, const McpStdioOptions& options) {
  return Pipes(server, options).serve();
}

}  // namespace quern::serve
