// A file in memory with a path, for readers that take one.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"

class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t n) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    QUERN_CHECK(fd_ >= 0 && ::write(fd_, data, n) == static_cast<ssize_t>(n));
  }
  ~MemoryFile() { ::close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};
