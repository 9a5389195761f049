#include "serve/mcp/line_writer.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace quern::serve {
namespace {

// A pipe that says it has room takes so much without waiting. It is not made non-blocking for that:
// others have the same pipe open.
constexpr std::size_t kMaxPiece = PIPE_BUF;

// How often a writer that waits for room looks whether the end has come.
constexpr int kLookMs = 50;

}  // namespace

LineWriter::LineWriter(int fd) : fd_(fd), thread_([this] { main(); }) {}

LineWriter::~LineWriter() {
  if (thread_.joinable()) finish(Clock::now());
}

void LineWriter::write(std::string line) {
  line += '\n';
  const std::lock_guard lock(mutex_);
  if (is_gone_) return;
  n_unsent_ += line.size();
  lines_.push_back(std::move(line));
  changed_.notify_one();
}

void LineWriter::finish(Clock::time_point deadline) {
  deadline_ = deadline;
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

void LineWriter::main() {
  while (true) {
    std::string line;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_over_ || !lines_.empty(); });
      if (lines_.empty()) return;
      line = std::move(lines_.front());
      lines_.pop_front();
    }
    send(line);
    n_unsent_ -= line.size();
  }
}

void LineWriter::send(const std::string& line) {
  std::string_view rest = line;
  while (!rest.empty() && !is_gone_) {
    const bool is_late = Clock::now() >= deadline_.load();
    pollfd fd = {.fd = fd_, .events = POLLOUT, .revents = 0};
    const int n_ready = ::poll(&fd, 1, is_late ? 0 : kLookMs);
    if (n_ready < 0 && errno == EINTR) continue;
    if (n_ready == 0 && !is_late) continue;
    if (n_ready <= 0 || (fd.revents & POLLOUT) == 0) {
      is_gone_ = true;  // Who reads messages sees it at the pipe, too.
      return;
    }
    const ssize_t n = ::write(fd_, rest.data(), std::min(rest.size(), kMaxPiece));
    if (n >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR && errno != EAGAIN) {
      is_gone_ = true;
    }
  }
}

}  // namespace quern::serve
