// SHA-256 of bytes and files, as lower-case hex or as it is.

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/mapped_file.h"
#include "base/status.h"

namespace quern {

using Sha256Digest = std::array<std::byte, 32>;

/// Of bytes that come in parts. Threads: one at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::span<const std::byte> bytes);

  /// Of all parts since the start or the last digest.
  Sha256Digest digest();

 private:
  struct Context;
  const std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::span<const std::byte> bytes);

/// Of all bytes of the file. Their pages are given back on the way: a file larger than memory is
/// never resident whole.
std::string sha256_hex(const MappedFile& file);

/// Errors: as MappedFile::open.
Result<std::string> sha256_hex_of_file(const std::string& path);

}  // namespace quern
