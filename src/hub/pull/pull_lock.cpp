#include "hub/pull/pull_lock.h"

#include <cerrno>
#include <chrono>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mapped_file.h"
#include "hub/pull/retry.h"

namespace quern::hub {
namespace {

constexpr std::chrono::milliseconds kLookEvery{100};

/// Is it still this file that has the name?
bool has_name(int fd, const std::string& path) {
  struct stat own{};
  struct stat named{};
  return ::fstat(fd, &own) == 0 && ::stat(path.c_str(), &named) == 0 &&
         own.st_ino == named.st_ino && own.st_dev == named.st_dev;
}

}  // namespace

Result<PullLock> PullLock::take(const std::string& path, const std::function<void()>& on_wait,
                                const std::function<bool()>& is_cancelled) {
  for (bool was_told = false;;) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
      return {Code::kIo, fmt::format("cannot open '{}': {}", path, errno_text(errno))};
    }
    PullLock lock(path, fd);
    while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      if (errno != EWOULDBLOCK) {
        return {Code::kIo, fmt::format("cannot lock '{}': {}", path, errno_text(errno))};
      }
      if (!std::exchange(was_told, true) && on_wait) on_wait();
      if (!wait_unless(kLookEvery, is_cancelled)) return {Code::kCancelled, "stopped"};
    }
    if (has_name(fd, path)) return lock;
  }
}

PullLock::PullLock(PullLock&& other) noexcept { *this = std::move(other); }

PullLock& PullLock::operator=(PullLock&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

PullLock::~PullLock() {
  if (fd_ >= 0) ::close(fd_);
}

void PullLock::remove() { ::unlink(path_.c_str()); }

}  // namespace quern::hub
