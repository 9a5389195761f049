#include "apps/code/tree_file.h"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mapped_file.h"

namespace quern::apps {
namespace {

constexpr std::size_t kMaxStep = 4000;  // Of a path; PATH_MAX is 4096.
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;

// One step: no link on the way. Kernels before 5.6, and some sandboxes, check the last name alone.
int open_step(int folder_fd, const std::string& path) {
  static std::atomic<bool> has_openat2 = true;
  if (has_openat2.load(std::memory_order_relaxed)) {
    open_how how{};
    how.flags = kFolderFlags;
    how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH;
    const long fd = ::syscall(SYS_openat2, folder_fd, path.c_str(), &how, sizeof(how));
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(fd);
    has_openat2.store(false, std::memory_order_relaxed);
  }
  return ::openat(folder_fd, path.c_str(), kFolderFlags);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

int open_folder_below(int root_fd, const std::string& path) {
  if (path.empty()) return ::openat(root_fd, ".", kFolderFlags);
  if (path.size() <= kMaxStep) return open_step(root_fd, path);
  int fd = -1;
  for (std::size_t begin = 0; begin < path.size();) {
    std::size_t end = path.size();
    if (end - begin > kMaxStep) end = path.rfind('/', begin + kMaxStep);
    if (end == std::string::npos || end <= begin) {
      errno = ENAMETOOLONG;
      if (fd >= 0) ::close(fd);
      return -1;
    }
    const int next = open_step(fd < 0 ? root_fd : fd, path.substr(begin, end - begin));
    const int error = errno;
    if (fd >= 0) ::close(fd);
    errno = error;
    if (next < 0) return -1;
    fd = next;
    begin = end + 1;
  }
  return fd;
}

Result<std::string> read_file_at(int folder_fd, const std::string& name, std::size_t max_bytes,
                                 Links links) {
  const auto fail = [&](int error) {
    return Status{error == ENOENT || error == ENOTDIR ? Code::kNotFound
                  : error == ELOOP                    ? Code::kBadInput
                                                      : Code::kIo,
                  fmt::format("cannot read '{}': {}", name,
                              error == ELOOP ? "it is a link" : errno_text(error))};
  };
  // O_NONBLOCK: a pipe is opened at once, and seen to be none of ours.
  const Descriptor fd(::openat(
      folder_fd, name.c_str(),
      O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (links == Links::kRefuse ? O_NOFOLLOW : 0)));
  if (fd.get() < 0) return fail(errno);
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return fail(errno);
  if (!S_ISREG(info.st_mode)) {
    return Status{Code::kBadInput, fmt::format("'{}' is no regular file", name)};
  }
  const auto too_large = [&](std::uint64_t n_bytes) {
    return Status{Code::kTooLarge,
                  fmt::format("'{}' has {} bytes, want at most {}", name, n_bytes, max_bytes)};
  };
  const auto n_expected = static_cast<std::uint64_t>(info.st_size);
  if (n_expected > max_bytes) return too_large(n_expected);
  std::string out(n_expected + 1, '\0');  // One more: the end is seen without asking again.
  std::size_t n_read = 0;
  while (true) {
    const ssize_t n = ::read(fd.get(), out.data() + n_read, out.size() - n_read);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(errno);
    if (n == 0) break;
    n_read += static_cast<std::size_t>(n);
    if (n_read > max_bytes) return too_large(n_read);  // It grew.
    if (n_read == out.size()) out.resize(out.size() * 2);
  }
  out.resize(n_read);
  return out;
}

Result<std::string> read_whole_file(const std::string& path, std::size_t max_bytes) {
  return read_file_at(AT_FDCWD, path, max_bytes, Links::kFollow);
}

}  // namespace quern::apps
