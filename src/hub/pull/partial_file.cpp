#include "hub/pull/partial_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mapped_file.h"

namespace quern::hub {
namespace {

constexpr std::size_t kMaxRecordBytes = 256u << 20;

Status io_error(const char* action, const std::string& path) {
  return {Code::kIo, fmt::format("cannot {} '{}': {}", action, path, errno_text(errno))};
}

Status write_at(int fd, std::uint64_t at, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
    at += static_cast<std::uint64_t>(n);
  }
  return {};
}

std::string record_path(const std::string& path) { return path + ".pieces"; }

}  // namespace

Result<PartialFile> PartialFile::open(const std::string& path, std::uint64_t n_bytes,
                                      std::size_t piece_bytes, const std::string& digest) {
  QUERN_CHECK(piece_bytes > 0);
  PartialFile file;
  file.path_ = path;
  file.n_bytes_ = n_bytes;
  file.piece_bytes_ = piece_bytes;
  file.digest_ = digest;
  file.is_whole_.resize(static_cast<std::size_t>((n_bytes + piece_bytes - 1) / piece_bytes));
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  file.data_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file.data_ < 0) return io_error("create", path);
  file.record_ = ::open(record_path(path).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file.record_ < 0) return io_error("create", record_path(path));
  if (!file.read_record()) QUERN_TRY(file.start_anew());
  return file;
}

PartialFile::PartialFile(PartialFile&& other) noexcept { *this = std::move(other); }

PartialFile& PartialFile::operator=(PartialFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(n_bytes_, other.n_bytes_);
  std::swap(piece_bytes_, other.piece_bytes_);
  std::swap(digest_, other.digest_);
  std::swap(is_whole_, other.is_whole_);
  std::swap(data_, other.data_);
  std::swap(record_, other.record_);
  return *this;
}

PartialFile::~PartialFile() {
  if (data_ >= 0) ::close(data_);
  if (record_ >= 0) ::close(record_);
}

std::string PartialFile::header() const {
  return fmt::format("quern pieces 1 {} {} {}\n", n_bytes_, piece_bytes_,
                     digest_.empty() ? "-" : digest_);
}

bool PartialFile::read_record() {
  struct stat info{};
  if (::fstat(data_, &info) != 0 || static_cast<std::uint64_t>(info.st_size) != n_bytes_) {
    return false;
  }
  const Result<std::string> text = read_file(record_path(path_), kMaxRecordBytes);
  const std::string want = header();
  if (!text.ok() || !text->starts_with(want) || text->size() != want.size() + n_pieces()) {
    return false;
  }
  for (std::size_t i = 0; i < n_pieces(); ++i) is_whole_[i] = (*text)[want.size() + i] == '1';
  return true;
}

Status PartialFile::start_anew() {
  // The old record goes before the bytes change, the new one comes when they are as it says.
  if (::ftruncate(record_, 0) != 0) return io_error("write", record_path(path_));
  if (::ftruncate(data_, 0) != 0 || ::ftruncate(data_, static_cast<off_t>(n_bytes_)) != 0) {
    return io_error("write", path_);
  }
  return forget_pieces();
}

Status PartialFile::forget_pieces() {
  std::fill(is_whole_.begin(), is_whole_.end(), false);
  return write_at(record_, 0, header() + std::string(n_pieces(), '0'), record_path(path_));
}

std::uint64_t PartialFile::piece_begin(std::size_t piece) const {
  return std::uint64_t{piece} * piece_bytes_;
}

std::uint64_t PartialFile::piece_end(std::size_t piece) const {
  return std::min(piece_begin(piece + 1), n_bytes_);
}

std::uint64_t PartialFile::n_missing_bytes() const {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < n_pieces(); ++i) {
    if (!is_whole_[i]) n += piece_end(i) - piece_begin(i);
  }
  return n;
}

Status PartialFile::write(std::uint64_t at, std::string_view bytes) const {
  QUERN_CHECK(at + bytes.size() <= n_bytes_);
  return write_at(data_, at, bytes, path_);
}

Status PartialFile::mark_whole(std::size_t piece) {
  is_whole_[piece] = true;
  return write_at(record_, header().size() + piece, "1", record_path(path_));
}

Status PartialFile::publish(const std::string& target) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(target).parent_path(), error);
  // A full disk may show up only here.
  if (::fsync(data_) != 0 && errno != EINVAL) return io_error("sync", path_);
  if (::rename(path_.c_str(), target.c_str()) != 0) return io_error("rename onto", target);
  ::unlink(record_path(path_).c_str());
  return {};
}

}  // namespace quern::hub
