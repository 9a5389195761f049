#include "apps/vector_log_file.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_error.h"
#include "base/mapped_file.h"
#include "store/byte_cursor.h"

namespace quern::apps {
namespace {

constexpr std::size_t kKeyBytes = sizeof(VectorKey);
constexpr std::uint64_t kMaxRecords = std::numeric_limits<std::uint32_t>::max() / 2;

// To be read at least, where nothing may be written; -1 with errno.
int open_existing(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0 || (errno != EACCES && errno != EROFS)) return fd;
  return ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

// What was read of `out`; less than asked for at the end of the file.
Result<std::size_t> read_at(int fd, std::uint64_t offset, std::span<std::byte> out,
                            const std::string& path) {
  std::size_t n_read = 0;
  while (n_read < out.size()) {
    const ssize_t n =
        ::pread(fd, out.data() + n_read, out.size() - n_read, static_cast<off_t>(offset + n_read));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("read", path, errno);
    if (n == 0) break;
    n_read += static_cast<std::size_t>(n);
  }
  return n_read;
}

Status write_at(int fd, std::uint64_t offset, std::span<const std::byte> bytes,
                const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("write", path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Status cut(int fd, std::uint64_t n_bytes, const std::string& path) {
  if (::ftruncate(fd, static_cast<off_t>(n_bytes)) != 0) return file_error("cut", path, errno);
  return {};
}

Result<std::uint64_t> file_bytes(int fd, const std::string& path) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return file_error("look at", path, errno);
  return static_cast<std::uint64_t>(info.st_size);
}

// By the open file, not by the process: a second log of this process meets it, too.
int try_lock(int fd, short kind) {
  struct flock lock{};
  lock.l_type = kind;
  lock.l_whence = SEEK_SET;
  return ::fcntl(fd, F_OFD_SETLK, &lock) == 0 ? 0 : errno;
}

// A file may be removed between its opening and its lock.
bool is_still_there(int fd) {
  struct stat info{};
  return ::fstat(fd, &info) == 0 && info.st_nlink > 0;
}

Status check_header(int fd, LogPart part, int d, const std::string& path) {
  std::byte header[kLogHeaderBytes];
  QUERN_ASSIGN(const std::size_t n, read_at(fd, 0, header, path));
  if (n == 0) return {Code::kUnavailable, fmt::format("'{}' is being made", path)};
  return check_log_header(std::span<const std::byte>(header).first(n), part, d).in(path);
}

std::uint64_t n_whole(std::uint64_t n_bytes, std::size_t bytes_each) {
  if (n_bytes < kLogHeaderBytes) return 0;
  return std::min((n_bytes - kLogHeaderBytes) / bytes_each, kMaxRecords);
}

}  // namespace

std::string log_records_path(const std::string& stem) { return stem + ".qvl"; }
std::string log_keys_path(const std::string& stem) { return stem + ".qvk"; }

Result<VectorLogFile> VectorLogFile::open(const std::string& stem, int d) {
  VectorLogFile file(d);
  file.stem_ = stem;
  const std::string records = log_records_path(stem);
  const std::string keys = log_keys_path(stem);
  file.records_fd_ = open_existing(records);
  if (file.records_fd_ < 0) return file_error("open", records, errno);
  file.keys_fd_ = open_existing(keys);
  if (file.keys_fd_ < 0) return file_error("open", keys, errno);
  QUERN_TRY(check_header(file.records_fd_, LogPart::kRecords, d, records));
  QUERN_TRY(check_header(file.keys_fd_, LogPart::kKeys, d, keys));
  QUERN_ASSIGN(file.n_records_, file.whole_records());
  return file;
}

Result<VectorLogFile> VectorLogFile::create(const std::string& stem, int d) {
  VectorLogFile file(d);
  file.stem_ = stem;
  const std::string records = log_records_path(stem);
  const std::string keys = log_keys_path(stem);
  file.records_fd_ =
      ::open(records.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (file.records_fd_ < 0) return file_error("create", records, errno);
  // Between these two somebody may have taken it for a file to append to.
  if (const int error = try_lock(file.records_fd_, F_WRLCK); error != 0) {
    return {Code::kUnavailable, fmt::format("'{}' is somebody else's", records)};
  }
  file.keys_fd_ = ::open(keys.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (file.keys_fd_ < 0) return file_error("create", keys, errno);
  QUERN_TRY(write_at(file.keys_fd_, 0, store::bytes_of(log_header(LogPart::kKeys, d)), keys));
  QUERN_TRY(
      write_at(file.records_fd_, 0, store::bytes_of(log_header(LogPart::kRecords, d)), records));
  return file;
}

VectorLogFile::VectorLogFile(VectorLogFile&& other) noexcept { *this = std::move(other); }

VectorLogFile& VectorLogFile::operator=(VectorLogFile&& other) noexcept {
  std::swap(d_, other.d_);
  std::swap(records_fd_, other.records_fd_);
  std::swap(keys_fd_, other.keys_fd_);
  std::swap(stem_, other.stem_);
  std::swap(n_records_, other.n_records_);
  return *this;
}

VectorLogFile::~VectorLogFile() {
  if (records_fd_ >= 0) ::close(records_fd_);
  if (keys_fd_ >= 0) ::close(keys_fd_);
}

Status VectorLogFile::lock() {
  const std::string path = log_records_path(stem_);
  const int error = try_lock(records_fd_, F_WRLCK);
  if (error == EAGAIN || error == EACCES) {
    return {Code::kUnavailable, fmt::format("'{}' is being appended to", path)};
  }
  if (error != 0) return file_error("lock", path, error);
  if (!is_still_there(records_fd_) || !is_still_there(keys_fd_)) {
    return {Code::kUnavailable, fmt::format("'{}' was removed", path)};
  }
  QUERN_ASSIGN(n_records_, whole_records());
  return cut_behind_records();
}

void VectorLogFile::unlock() { static_cast<void>(try_lock(records_fd_, F_UNLCK)); }

Result<std::uint32_t> VectorLogFile::whole_records() const {
  QUERN_ASSIGN(const std::uint64_t record_bytes, file_bytes(records_fd_, log_records_path(stem_)));
  QUERN_ASSIGN(const std::uint64_t key_bytes, file_bytes(keys_fd_, log_keys_path(stem_)));
  return static_cast<std::uint32_t>(
      std::min(n_whole(record_bytes, log_record_bytes(d_)), n_whole(key_bytes, kKeyBytes)));
}

// Records are written before their keys: what has no key is embedded again by whoever wants it.
Status VectorLogFile::cut_behind_records() {
  QUERN_TRY(cut(records_fd_, n_bytes(), log_records_path(stem_)));
  return cut(keys_fd_, kLogHeaderBytes + std::uint64_t{n_records_} * kKeyBytes,
             log_keys_path(stem_));
}

std::uint64_t VectorLogFile::n_bytes() const {
  return kLogHeaderBytes + std::uint64_t{n_records_} * log_record_bytes(d_);
}

Result<std::vector<VectorKey>> VectorLogFile::keys(std::uint32_t first) const {
  QUERN_ASSIGN(const std::uint32_t n, whole_records());
  std::vector<VectorKey> out(n > first ? n - first : 0);
  QUERN_ASSIGN(const std::size_t n_read,
               read_at(keys_fd_, kLogHeaderBytes + std::uint64_t{first} * kKeyBytes,
                       std::as_writable_bytes(std::span(out)), log_keys_path(stem_)));
  out.resize(n_read / kKeyBytes);
  return out;
}

std::optional<store::OwnedRow> VectorLogFile::read(std::uint32_t i_record,
                                                   const VectorKey& key) const {
  std::vector<std::byte> bytes(log_record_bytes(d_));
  const std::uint64_t offset = kLogHeaderBytes + std::uint64_t{i_record} * bytes.size();
  const Result<std::size_t> n_read = read_at(records_fd_, offset, bytes, log_records_path(stem_));
  if (!n_read.ok() || *n_read != bytes.size()) return std::nullopt;
  std::optional<LogRecord> record = parse_log_record(bytes, d_);
  if (!record || record->key != key) return std::nullopt;
  return std::move(record->vector);
}

Status VectorLogFile::append(std::span<const std::byte> records, std::span<const VectorKey> keys) {
  const std::string path = log_records_path(stem_);
  if (n_records_ + keys.size() > kMaxRecords) {
    return {Code::kIo, fmt::format("'{}' has no room for more", path)};
  }
  Status status = write_at(records_fd_, n_bytes(), records, path);
  if (status.ok()) {
    status = write_at(keys_fd_, kLogHeaderBytes + std::uint64_t{n_records_} * kKeyBytes,
                      std::as_bytes(keys), log_keys_path(stem_));
  }
  if (!status.ok()) {
    // Where even this fails, the next append overwrites it.
    static_cast<void>(cut_behind_records());
    return status;
  }
  n_records_ += static_cast<std::uint32_t>(keys.size());
  return {};
}

bool remove_log_file(const std::string& stem) {
  const std::string records = log_records_path(stem);
  const int fd = ::open(records.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return false;
  const bool is_free = try_lock(fd, F_WRLCK) == 0 && is_still_there(fd);
  const bool is_removed = is_free && ::unlink(records.c_str()) == 0;
  if (is_removed) ::unlink(log_keys_path(stem).c_str());
  ::close(fd);
  return is_removed;
}

}  // namespace quern::apps
