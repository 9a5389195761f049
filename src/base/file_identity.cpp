#include "base/file_identity.h"

#include <cerrno>
#include <cstdint>

#include <fmt/format.h>

namespace quern {
namespace {

std::int64_t in_nanoseconds(const timespec& t) {
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

FileIdentity file_identity(const struct stat& info) {
  return {.device = info.st_dev,
          .inode = info.st_ino,
          .n_bytes = static_cast<std::uint64_t>(info.st_size),
          .mtime_ns = in_nanoseconds(info.st_mtim),
          .ctime_ns = in_nanoseconds(info.st_ctim)};
}

Result<FileIdentity> file_identity(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    const Code code = errno == ENOENT || errno == ENOTDIR ? Code::kNotFound : Code::kIo;
    return {code, fmt::format("cannot stat '{}': {}", path, errno_text(errno))};
  }
  return file_identity(info);
}

}  // namespace quern
