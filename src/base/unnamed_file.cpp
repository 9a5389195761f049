#include "base/unnamed_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/file_error.h"

namespace quern {
namespace {

constexpr std::size_t kPendingBytes = std::size_t{1} << 20;

}  // namespace

Result<UnnamedFile> UnnamedFile::create(const std::string& folder) {
  UnnamedFile file;
  file.folder_ = folder;
  // Not O_TMPFILE, which some file systems do not have.
  std::string name = folder + "/.quern-XXXXXX";
  file.fd_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (file.fd_ < 0) return file_error("write a temporary file in", folder, errno);
  ::unlink(name.c_str());
  return file;
}

UnnamedFile::UnnamedFile(UnnamedFile&& other) noexcept { *this = std::move(other); }

UnnamedFile& UnnamedFile::operator=(UnnamedFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(folder_, other.folder_);
  std::swap(n_written_, other.n_written_);
  std::swap(pending_, other.pending_);
  return *this;
}

UnnamedFile::~UnnamedFile() {
  if (fd_ >= 0) ::close(fd_);
}

Status UnnamedFile::append(std::span<const std::byte> bytes) {
  pending_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (pending_.size() < kPendingBytes) return {};
  QUERN_TRY(put(n_written_, std::as_bytes(std::span(pending_))));
  n_written_ += pending_.size();
  pending_.clear();
  return {};
}

Status UnnamedFile::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  QUERN_TRY(check(offset, bytes.size()));
  const auto n_before = static_cast<std::size_t>(
      std::min<std::uint64_t>(bytes.size(), offset < n_written_ ? n_written_ - offset : 0));
  QUERN_TRY(put(offset, bytes.first(n_before)));
  if (const auto rest = bytes.subspan(n_before); !rest.empty()) {
    std::memcpy(&pending_[offset + n_before - n_written_], rest.data(), rest.size());
  }
  return {};
}

Status UnnamedFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  QUERN_TRY(check(offset, out.size()));
  while (!out.empty() && offset < n_written_) {
    const std::size_t n_wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), n_written_ - offset));
    const ssize_t n = ::pread(fd_, out.data(), n_wanted, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return file_error("read a temporary file in", folder_, n < 0 ? errno : EIO);
    out = out.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  if (!out.empty()) std::memcpy(out.data(), &pending_[offset - n_written_], out.size());
  return {};
}

Status UnnamedFile::check(std::uint64_t offset, std::size_t n) const {
  if (offset <= n_bytes() && n <= n_bytes() - offset) return {};
  return {Code::kBadInput,
          fmt::format("a temporary file of {} bytes, want {} from {} on", n_bytes(), n, offset)};
}

Status UnnamedFile::put(std::uint64_t offset, std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("write a temporary file in", folder_, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

}  // namespace quern
