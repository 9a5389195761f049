#include "apps/code/read_source.h"

#include <cerrno>
#include <chrono>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace quern::apps {
namespace {

constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;

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
  const int fd_;
};

// A folder on the way may have become a link since the tree was walked.
int open_below(int root, const char* path) {
  open_how how = {};
  how.flags = kFlags & ~O_NOFOLLOW;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, root, path, &how, sizeof how);
  if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(fd);
  return ::openat(root, path, kFlags);  // Kernels before 5.6, and sandboxes that do not know it.
}

Status failure(const std::string& path) {
  const int error = errno;
  const bool is_gone =
      error == ENOENT || error == ENOTDIR || error == ELOOP || error == EXDEV || error == ENXIO;
  return {is_gone ? Code::kNotFound : Code::kIo,
          fmt::format("cannot read '{}': {}", path, std::strerror(error))};
}

std::int64_t in_ns(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Result<SourceBytes> read_source(const std::string& root, const std::string& path,
                                std::uint64_t max_bytes) {
  const Descriptor folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return failure(root);
  const Descriptor file(open_below(folder.get(), path.c_str()));
  struct stat state = {};
  if (file.get() < 0 || ::fstat(file.get(), &state) != 0) return failure(path);
  if (!S_ISREG(state.st_mode)) {
    return {Code::kNotFound, fmt::format("'{}' is no regular file any more", path)};
  }
  SourceBytes out;
  out.file = {.path = path,
              .n_bytes = static_cast<std::uint64_t>(state.st_size),
              .mtime_ns = in_ns(state.st_mtim),
              .ctime_ns = in_ns(state.st_ctim),
              .inode = state.st_ino};
  timespec now = {};
  ::clock_gettime(CLOCK_REALTIME, &now);
  out.read_ns = in_ns(now);
  // One byte more than there should be, to see that it has grown.
  out.bytes.resize(std::min(out.file.n_bytes, max_bytes) + 1);
  std::size_t n = 0;
  while (true) {
    const ssize_t got = ::read(file.get(), out.bytes.data() + n, out.bytes.size() - n);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(path);
    if (got == 0) break;
    n += static_cast<std::size_t>(got);
    if (n > max_bytes) {
      return {Code::kTooLarge, fmt::format("'{}' has more than {} bytes", path, max_bytes)};
    }
    if (n == out.bytes.size()) out.bytes.resize(std::min<std::uint64_t>(2 * n, max_bytes + 1));
  }
  out.bytes.resize(n);
  return out;
}

}  // namespace quern::apps
