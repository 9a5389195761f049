#include "cli/ready_lines.h"

#include <cerrno>

#include <poll.h>
#include <unistd.h>

#include "base/mapped_file.h"
#include "cli/interrupt.h"

namespace quern::cli {
namespace {

constexpr std::size_t kReadAtOnce = std::size_t{64} << 10;

}  // namespace

// What lies at the beginning of the buffer, taken out of it.
ReadyLines::Line ReadyLines::line_of(std::size_t n_bytes, std::size_t n_feed) {
  Line out = {.n_bytes = n_dropped_ + n_bytes + n_feed, .n_line = ++n_line_};
  out.is_too_long = n_dropped_ + n_bytes > max_bytes_;
  if (!out.is_too_long) out.text = buffer_.substr(at_, n_bytes);
  at_ += n_bytes + n_feed;
  n_looked_ = n_dropped_ = 0;
  return out;
}

std::optional<ReadyLines::Line> ReadyLines::cut() {
  const std::size_t feed = buffer_.find('\n', at_ + n_looked_);
  if (feed != buffer_.npos) return line_of(feed - at_, 1);
  n_looked_ = buffer_.size() - at_;
  if (is_at_end_ && n_dropped_ + n_looked_ > 0) return line_of(n_looked_, 0);
  if (n_dropped_ + n_looked_ > max_bytes_) {
    n_dropped_ += n_looked_;
    buffer_.clear();
    at_ = n_looked_ = 0;
  }
  return {};
}

Result<std::optional<ReadyLines::Line>> ReadyLines::take(Wait wait) {
  while (true) {
    if (std::optional<Line> line = cut()) return line;
    if (is_at_end_) return std::optional<Line>();
    QUERN_ASSIGN(const bool has_more, fill(wait));
    if (!has_more) return std::optional<Line>();
  }
}

// Where it may wait, until something comes or a signal does.
bool ReadyLines::is_readable(Wait wait) const {
  pollfd ready[] = {{.fd = fd_, .events = POLLIN, .revents = 0},
                    {.fd = interrupt_fd(), .events = POLLIN, .revents = 0}};
  while (::poll(ready, 2, wait == Wait::kYes ? -1 : 0) < 0) {
    if (errno != EINTR) return true;  // The read says what is wrong.
  }
  return ready[0].revents != 0 && ready[1].revents == 0;
}

// False where nothing came, and where nothing will.
Result<bool> ReadyLines::fill(Wait wait) {
  if (!is_readable(wait)) {
    is_at_end_ = is_at_end_ || wait == Wait::kYes;
    return false;
  }
  buffer_.erase(0, at_);
  at_ = 0;
  const std::size_t n_before = buffer_.size();
  buffer_.resize(n_before + kReadAtOnce);
  const ssize_t n = ::read(fd_, buffer_.data() + n_before, kReadAtOnce);
  const int error = n < 0 ? errno : 0;
  buffer_.resize(n_before + static_cast<std::size_t>(n > 0 ? n : 0));
  if (error != 0 && error != EINTR && error != EAGAIN) {
    return {Code::kIo, "cannot read standard input: " + errno_text(error)};
  }
  is_at_end_ = n == 0;
  return true;
}

}  // namespace quern::cli
