// A file that is read here and there without being mapped: no page of it stays in our memory.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/status.h"

namespace quern {

class InputFile {
 public:
  /// Errors: kNotFound, kIo, kBadInput where it is no file.
  static Result<InputFile> open(const std::string& path);

  InputFile() = default;
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&& other) noexcept;
  ~InputFile();

  std::uint64_t n_bytes() const { return n_bytes_; }  // When it was opened.

  /// Fills `out` with the bytes from `offset` on. Threads: any.
  /// Errors: kBadInput where the file ends before, kIo.
  Status read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  int fd_ = -1;
  std::string path_;
  std::uint64_t n_bytes_ = 0;
};

}  // namespace quern
