#include "cli/output_file.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mapped_file.h"

namespace quern::cli {
namespace {

constexpr std::size_t kBufferBytes = 256u << 10;
constexpr unsigned kNewFileMode = 0666;  // Less the user's umask.
constexpr int kMaxLinks = 40;            // As many as the system follows.

// Where a symbolic link leads, also if nothing is there yet.
std::string link_target(const std::string& path) {
  namespace fs = std::filesystem;
  fs::path at = path;
  std::error_code error;
  for (int i = 0; i < kMaxLinks && fs::is_symlink(fs::symlink_status(at, error)); ++i) {
    const fs::path next = fs::read_symlink(at, error);
    if (error) return path;
    at = at.parent_path() / next;  // An absolute one replaces what is before it.
  }
  return at.string();
}

Status cannot_write(const std::string& path, int error) {
  return {error == ENOENT ? Code::kNotFound : Code::kIo,
          "cannot write '" + path + "': " + errno_text(error)};
}

}  // namespace

int write_fully(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

Result<OutputFile> OutputFile::create(const std::string& path) {
  OutputFile file;
  file.path_ = path;
  struct stat info{};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) {
    return Status(Code::kIo, "cannot write '" + path + "': it is a folder");
  }
  if (exists && !S_ISREG(info.st_mode)) {
    file.direct_fd_ = ::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (file.direct_fd_ < 0) return cannot_write(path, errno);
    return file;
  }
  // A rename would replace a file that its owner has protected.
  if (exists && ::access(path.c_str(), W_OK) != 0) return cannot_write(path, errno);
  QUERN_ASSIGN(file.part_, PartFile::create(link_target(path), kNewFileMode));
  if (exists && ::fchmod(file.part_.fd(), info.st_mode & 07777) != 0) {
    return cannot_write(path, errno);
  }
  return file;
}

Result<OutputFile> OutputFile::resume(const std::string& path, const std::string& part_path) {
  OutputFile file;
  file.path_ = path;
  struct stat info{};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (exists && ::access(path.c_str(), W_OK) != 0) return cannot_write(path, errno);
  QUERN_ASSIGN(file.part_, PartFile::resume(link_target(path), part_path, kNewFileMode));
  if (exists && ::fchmod(file.part_.fd(), info.st_mode & 07777) != 0) {
    return cannot_write(path, errno);
  }
  return file;
}

OutputFile OutputFile::standard_output() {
  OutputFile file;
  file.direct_fd_ = STDOUT_FILENO;
  return file;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : direct_fd_(std::exchange(other.direct_fd_, -1)),
      path_(std::move(other.path_)),
      part_(std::move(other.part_)),
      buffer_(std::move(other.buffer_)),
      n_bytes_(other.n_bytes_),
      n_unsummed_(other.n_unsummed_),
      sum_(std::move(other.sum_)),
      error_(other.error_) {}

OutputFile::~OutputFile() {
  if (direct_fd_ > STDOUT_FILENO) ::close(direct_fd_);
}

Status OutputFile::failed(int error) const {
  const std::string what = path_.empty() ? "standard output" : "'" + path_ + "'";
  return {Code::kIo, "cannot write " + what + ": " + errno_text(error)};
}

Status OutputFile::write(std::string_view bytes) {
  buffer_.append(bytes);
  return buffer_.size() >= kBufferBytes ? flush() : Status();
}

Status OutputFile::flush() {
  QUERN_TRY(write_through(buffer_));
  count(buffer_);
  buffer_.clear();
  return {};
}

void OutputFile::count(std::string_view bytes) {
  const std::size_t n_skipped =
      std::min(bytes.size(), n_unsummed_ - std::min(n_unsummed_, n_bytes_));
  n_bytes_ += bytes.size();
  sum_.add(bytes.substr(n_skipped));
}

Status OutputFile::count_file(std::size_t n_bytes) {
  std::string block(kBufferBytes, '\0');
  while (n_bytes_ < n_bytes) {
    const std::size_t n_wanted = std::min(block.size(), n_bytes - n_bytes_);
    const ssize_t n = ::pread(fd(), block.data(), n_wanted, static_cast<off_t>(n_bytes_));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return {Code::kIo, "cannot read the part of '" + path_ + "': " + errno_text(errno)};
    if (n == 0) return {Code::kBadInput, "the part of '" + path_ + "' is shorter than it was"};
    count(std::string_view(block).substr(0, static_cast<std::size_t>(n)));
  }
  return {};
}

Status OutputFile::cut(std::size_t n_bytes, std::size_t n_unsummed) {
  n_bytes_ = 0;
  n_unsummed_ = n_unsummed;
  sum_ = Checksum64();
  QUERN_TRY(count_file(n_bytes));
  return part_.cut(n_bytes);
}

Status OutputFile::sync() {
  QUERN_TRY(flush());
  // As PartFile::publish: some file systems cannot sync at all.
  if (::fdatasync(fd()) == 0 || errno == EINVAL) return {};
  error_ = errno;
  return failed(error_);
}

// After a failure nobody knows how much of the bytes is there: writing them again, once there is
// room, would make some of them twice.
Status OutputFile::write_through(std::string_view bytes) {
  if (error_ == 0) error_ = write_fully(fd(), bytes);
  return error_ == 0 ? Status() : failed(error_);
}

Status OutputFile::rewrite_start(std::string_view bytes) {
  if (!can_seek()) return {Code::kUnsupported, "cannot go back in '" + path_ + "'"};
  QUERN_TRY(flush());
  if (::lseek(fd(), 0, SEEK_SET) < 0) return failed(errno);
  QUERN_TRY(write_through(bytes));
  if (::lseek(fd(), 0, SEEK_END) < 0) return failed(errno);
  return {};
}

Status OutputFile::commit() {
  QUERN_TRY(flush());
  return can_seek() ? part_.publish() : Status();
}

}  // namespace quern::cli
