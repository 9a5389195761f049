#include "base/input_file.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_error.h"
#include "base/mapped_file.h"

namespace quern {
namespace {}  // namespace

Result<InputFile> InputFile::open(const std::string& path) {
  InputFile file;
  file.path_ = path;
  // O_NONBLOCK: opening a pipe does not wait for its writer; it is refused below.
  file.fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file.fd_ < 0) return file_error("open", path, errno);
  struct stat info{};
  if (::fstat(file.fd_, &info) != 0) return file_error("stat", path, errno);
  if (!S_ISREG(info.st_mode)) return {Code::kBadInput, fmt::format("'{}' is not a file", path)};
  file.n_bytes_ = static_cast<std::uint64_t>(info.st_size);
  return file;
}

InputFile::InputFile(InputFile&& other) noexcept { *this = std::move(other); }

InputFile& InputFile::operator=(InputFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(n_bytes_, other.n_bytes_);
  return *this;
}

InputFile::~InputFile() {
  if (fd_ >= 0) ::close(fd_);
}

Status InputFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  if (offset > n_bytes_ || out.size() > n_bytes_ - offset) {
    return {Code::kBadInput, fmt::format("'{}' has {} bytes, want {} from {} on", path_, n_bytes_,
                                         out.size(), offset)};
  }
  while (!out.empty()) {
    const ssize_t n = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("read", path_, errno);
    if (n == 0) return {Code::kBadInput, fmt::format("'{}' was cut at {}", path_, offset)};
    out = out.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

}  // namespace quern
