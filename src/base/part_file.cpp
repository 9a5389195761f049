#include "base/part_file.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_error.h"
#include "base/mapped_file.h"

namespace quern {
namespace {

constexpr std::size_t kKeptNameBytes = 180;  // Of the 255 that a name may have.
constexpr int kMaxAttempts = 1000;

/// A file that remove_part_files() removes. The path lies here and not on the heap, so that a
/// signal handler never looks at freed memory.
struct Slot {
  enum State { kFree, kChanging, kUsed };
  std::atomic<State> state{kFree};
  char path[PATH_MAX] = {};
};

std::array<Slot, 32> slots;

// -1 where all are taken: the file then outlives a signal, nothing worse.
int take_slot(const std::string& path) {
  if (path.size() >= sizeof(Slot::path)) return -1;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    Slot::State wanted = Slot::kFree;
    if (!slots[i].state.compare_exchange_strong(wanted, Slot::kChanging)) continue;
    std::memcpy(slots[i].path, path.c_str(), path.size() + 1);
    slots[i].state = Slot::kUsed;
    return static_cast<int>(i);
  }
  return -1;
}

void free_slot(int slot) {
  if (slot >= 0) slots[static_cast<std::size_t>(slot)].state = Slot::kFree;
}

// Names of killed runs stay, and process ids come again: the count goes on until a name is free.
std::string part_name(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  const std::size_t n_folder = path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1;
  return fmt::format("{}{}.{}-{}.part", path.substr(0, n_folder),
                     path.substr(n_folder, kKeptNameBytes), ::getpid(), counter.fetch_add(1));
}

bool is_at(int fd, const std::string& path) {
  struct stat ours{};
  struct stat there{};
  return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
         ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

}  // namespace

Result<PartFile> PartFile::create(const std::string& path, unsigned mode) {
  PartFile file;
  file.path_ = path;
  for (int i = 0; file.fd_ < 0; ++i) {
    const std::string name = part_name(path);
    file.slot_ = take_slot(name);
    file.fd_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file.fd_ >= 0) {
      file.part_path_ = name;
    } else {
      const int error = errno;
      free_slot(std::exchange(file.slot_, -1));
      if (error != EEXIST || i == kMaxAttempts) return file_error("write", path, error);
    }
  }
  return file;
}

Result<PartFile> PartFile::resume(const std::string& path, const std::string& part_path,
                                  unsigned mode) {
  PartFile file;
  file.path_ = path;
  for (int i = 0; i < kMaxAttempts; ++i) {
    file.fd_ = ::open(part_path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode);
    if (file.fd_ < 0) return file_error("write", path, errno);
    if (::flock(file.fd_, LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      ::close(std::exchange(file.fd_, -1));
      if (error != EWOULDBLOCK) return file_error("write", path, error);
      return Status(Code::kUnavailable, fmt::format("another run writes '{}'", path));
    }
    // Whoever held it may have published it between our open and our lock.
    if (is_at(file.fd_, part_path)) {
      file.part_path_ = part_path;
      file.slot_ = take_slot(part_path);
      return file;
    }
    ::close(std::exchange(file.fd_, -1));
  }
  return Status(Code::kUnavailable, fmt::format("other runs write '{}'", path));
}

Status PartFile::cut(std::size_t n_bytes) {
  const auto end = static_cast<off_t>(n_bytes);
  if (::ftruncate(fd_, end) != 0 || ::lseek(fd_, end, SEEK_SET) < 0)
    return file_error("write", path_, errno);
  return {};
}

void PartFile::keep() {
  is_kept_ = true;
  free_slot(std::exchange(slot_, -1));
}

PartFile::PartFile(PartFile&& other) noexcept { *this = std::move(other); }

PartFile& PartFile::operator=(PartFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(part_path_, other.part_path_);
  std::swap(is_kept_, other.is_kept_);
  std::swap(slot_, other.slot_);
  return *this;
}

PartFile::~PartFile() {
  // Removed while the lock of resume() is held, if it is: nobody else's file goes.
  if (!part_path_.empty() && !is_kept_) ::unlink(part_path_.c_str());
  if (fd_ >= 0) ::close(fd_);
  free_slot(slot_);
}

Status PartFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("write", path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Status PartFile::write_front(std::string_view bytes) {
  off_t at = 0;
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("write", path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
    at += n;
  }
  return {};
}

Status PartFile::publish() {
  // Network file systems report a full disk only here; some cannot sync at all and say EINVAL.
  if (::fsync(fd_) != 0 && errno != EINVAL) return file_error("write", path_, errno);
  if (::rename(part_path_.c_str(), path_.c_str()) != 0) return file_error("write", path_, errno);
  part_path_.clear();
  free_slot(std::exchange(slot_, -1));
  return {};
}

void remove_part_files() {
  for (Slot& slot : slots) {
    if (slot.state == Slot::kUsed) ::unlink(slot.path);
  }
}

}  // namespace quern
