// A file without a name, for what a program keeps aside while it runs: it takes no memory, nobody
// else sees it, and it is gone with the program however that ends.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/status.h"

namespace quern {

class UnnamedFile {
 public:
  /// An empty one on the disk of `folder`. Errors: kNotFound (no such folder), kIo.
  static Result<UnnamedFile> create(const std::string& folder);

  UnnamedFile() = default;
  UnnamedFile(UnnamedFile&& other) noexcept;
  UnnamedFile& operator=(UnnamedFile&& other) noexcept;
  ~UnnamedFile();

  std::uint64_t n_bytes() const { return n_written_ + pending_.size(); }

  /// At the end; a megabyte at a time goes to the disk. Errors: kIo (the disk is full).
  Status append(std::span<const std::byte> bytes);

  /// Over what is there. Errors: kBadInput where that ends before; kIo.
  Status write(std::uint64_t offset, std::span<const std::byte> bytes);

  /// Fills `out` with the bytes from `offset` on. Threads: any, while nobody writes.
  /// Errors: kBadInput where the file ends before; kIo.
  Status read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  Status check(std::uint64_t offset, std::size_t n) const;
  Status put(std::uint64_t offset, std::span<const std::byte> bytes) const;

  int fd_ = -1;
  std::string folder_;
  std::uint64_t n_written_ = 0;
  std::string pending_;  // Behind what is written.
};

}  // namespace quern
