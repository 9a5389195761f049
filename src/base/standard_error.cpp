#include "base/standard_error.h"

#include <algorithm>
#include <cerrno>

#include <limits.h>
#include <poll.h>
#include <unistd.h>

namespace quern {

void write_standard_error(std::string_view text, WhenFull when_full) {
  while (!text.empty()) {
    pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, when_full == WhenFull::kWait ? -1 : 0) <= 0) return;
    // So many bytes a pipe that is ready takes without waiting.
    const ssize_t n =
        ::write(STDERR_FILENO, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace quern
