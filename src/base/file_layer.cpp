#include "base/file_layer.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file_error.h"
#include "base/mapped_file.h"

namespace quern {
namespace {

// File systems that cannot sync at all say EINVAL; there is nothing more to be had of them.
bool sync_descriptor(int fd) { return ::fsync(fd) == 0 || errno == EINVAL; }

}  // namespace

OutputFile::OutputFile(OutputFile&& other) noexcept { *this = std::move(other); }

OutputFile& OutputFile::operator=(OutputFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(n_bytes_, other.n_bytes_);
  std::swap(has_failed_, other.has_failed_);
  return *this;
}

OutputFile::~OutputFile() {
  if (fd_ >= 0) ::close(fd_);
}

class RealFiles : public FileLayer {
 public:
  Result<OutputFile> create(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) return file_error("create", path, errno);
    return OutputFile(fd, path);
  }

  Status append(OutputFile& file, std::span<const std::byte> bytes) override {
    QUERN_TRY(check_usable(file));
    while (!bytes.empty()) {
      const ssize_t n = ::write(file.fd_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return lost(file, "write", errno);
      bytes = bytes.subspan(static_cast<std::size_t>(n));
      file.n_bytes_ += static_cast<std::uint64_t>(n);
    }
    return {};
  }

  Status sync(OutputFile& file) override {
    QUERN_TRY(check_usable(file));
    return sync_descriptor(file.fd_) ? Status() : lost(file, "sync", errno);
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return file_error("rename", from, errno);
    return {};
  }

  Status remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return file_error("remove", path, errno);
    return {};
  }

  Status make_folder(const std::string& path) override {
    if (::mkdir(path.c_str(), 0755) != 0) return file_error("make folder", path, errno);
    return {};
  }

  Status sync_folder(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return file_error("open folder", path, errno);
    const bool is_synced = sync_descriptor(fd);
    const int error = errno;
    ::close(fd);
    return is_synced ? Status() : file_error("sync folder", path, error);
  }

 private:
  static Status check_usable(const OutputFile& file) {
    if (!file.has_failed_) return {};
    return {Code::kIo, fmt::format("'{}' could not be written before", file.path())};
  }

  static Status lost(OutputFile& file, const char* action, int error) {
    file.has_failed_ = true;
    return file_error(action, file.path(), error);
  }
};

FileLayer& real_files() {
  static RealFiles files;
  return files;
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<std::vector<std::string>> list_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::directory_iterator entries(path, error);
  std::vector<std::string> names;
  while (!error && entries != std::filesystem::directory_iterator()) {
    names.push_back(entries->path().filename().string());
    entries.increment(error);
  }
  if (error) return file_error("list", path, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::uint64_t> free_disk_bytes(const std::string& path) {
  struct statvfs info{};
  if (::statvfs(path.c_str(), &info) != 0) return file_error("ask for the space of", path, errno);
  return std::uint64_t{info.f_bavail} * info.f_frsize;
}

}  // namespace quern
