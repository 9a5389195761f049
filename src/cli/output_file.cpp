#include "cli/output_file.h"

#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mapped_file.h"

namespace quern::cli {
namespace {

constexpr std::size_t kBufferBytes = 256u << 10;

}  // namespace

Result<OutputFile> OutputFile::create(const std::string& path) {
  OutputFile file;
  file.path_ = path;
  struct stat info{};
  const bool direct = ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
  if (direct && S_ISDIR(info.st_mode)) {
    return Status(Code::kIo, "cannot write '" + path + "': it is a folder");
  }
  if (!direct) file.part_path_ = path + ".part";
  const std::string& target = direct ? path : file.part_path_;
  file.fd_ = ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file.fd_ < 0) {
    const Code code = errno == ENOENT ? Code::kNotFound : Code::kIo;
    const std::string reason = errno_text(errno);
    file.part_path_.clear();
    return Status(code, "cannot write '" + path + "': " + reason);
  }
  return file;
}

OutputFile OutputFile::standard_output() {
  OutputFile file;
  file.fd_ = STDOUT_FILENO;
  return file;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      part_path_(std::exchange(other.part_path_, {})),
      buffer_(std::move(other.buffer_)) {}

OutputFile::~OutputFile() {
  if (fd_ > STDOUT_FILENO) ::close(fd_);
  if (!part_path_.empty()) ::unlink(part_path_.c_str());
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
  buffer_.clear();
  return {};
}

Status OutputFile::write_through(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Status OutputFile::rewrite_start(std::string_view bytes) {
  if (!can_seek()) return {Code::kUnsupported, "cannot go back in '" + path_ + "'"};
  QUERN_TRY(flush());
  if (::lseek(fd_, 0, SEEK_SET) < 0) return failed(errno);
  QUERN_TRY(write_through(bytes));
  if (::lseek(fd_, 0, SEEK_END) < 0) return failed(errno);
  return {};
}

Status OutputFile::commit() {
  QUERN_TRY(flush());
  if (part_path_.empty()) return {};
  // Network file systems report a full disk only here.
  if (::fsync(fd_) != 0 && errno != EINVAL) return failed(errno);
  if (::rename(part_path_.c_str(), path_.c_str()) != 0) return failed(errno);
  part_path_.clear();
  return {};
}

}  // namespace quern::cli
