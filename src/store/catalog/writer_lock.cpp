#include "store/catalog/writer_lock.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/file_error.h"
#include "base/mapped_file.h"

namespace quern::store {
namespace {

constexpr std::size_t kMaxLineBytes = 512;

// Of the whole file, by the open file and not by the process: a second writer of the same process
// meets it, too, and closing another descriptor does not lose it.
int try_lock(int fd) {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return ::fcntl(fd, F_OFD_SETLK, &lock) == 0 ? 0 : errno;
}

std::string one_line(std::string_view text) {
  std::string out(text.substr(0, kMaxLineBytes));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out;
}

std::string holder(int fd) {
  char text[kMaxLineBytes];
  const ssize_t n = ::pread(fd, text, sizeof text, 0);
  if (n <= 0) return "somebody";
  return one_line(std::string_view(text, static_cast<std::size_t>(n)));
}

// It is not part of the store's state: where it cannot be written, the lock holds all the same.
void write_holder(int fd, std::string_view who) {
  char host[256] = "?";
  ::gethostname(host, sizeof host - 1);
  const std::string line = fmt::format("process {} on {}: {}", ::getpid(), host, one_line(who));
  if (::ftruncate(fd, 0) == 0) static_cast<void>(::pwrite(fd, line.data(), line.size(), 0) > 0);
}

}  // namespace

Result<WriterLock> WriterLock::take(const std::string& path, std::string_view who) {
  WriterLock lock;
  lock.fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (lock.fd_ < 0) return file_error("open", path, errno);
  const int error = try_lock(lock.fd_);
  if (error == EAGAIN || error == EACCES) {
    return {Code::kUnavailable, fmt::format("'{}' is held by {}", path, holder(lock.fd_))};
  }
  if (error != 0) return file_error("lock", path, error);
  write_holder(lock.fd_, who);
  return lock;
}

WriterLock::WriterLock(WriterLock&& other) noexcept { *this = std::move(other); }

WriterLock& WriterLock::operator=(WriterLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

WriterLock::~WriterLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace quern::store
