#include "base/file_identity.h"

#include <cerrno>
#include <cstdint>

#include <fmt/format.h>
#include <sys/stat.h>

namespace quern {

Result<FileIdentity> file_identity(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    const Code code = errno == ENOENT || errno == ENOTDIR ? Code::kNotFound : Code::kIo;
    return {code, fmt::format("cannot stat '{}': {}", path, errno_text(errno))};
  }
  const auto ns_since_1970 = [](const timespec& t) {
    return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
  };
  return FileIdentity{.device = info.st_dev,
                      .inode = info.st_ino,
                      .n_bytes = static_cast<std::uint64_t>(info.st_size),
                      .mtime_ns = ns_since_1970(info.st_mtim),
                      .ctime_ns = ns_since_1970(info.st_ctim)};
}

}  // namespace quern
