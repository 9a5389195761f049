// A file mapped read-only into memory.

#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/status.h"

namespace quern {

class MappedFile {
 public:
  /// Errors: kNotFound, kIo (with the system's reason). An empty file maps to no bytes.
  static Result<MappedFile> open(const std::string& path);

  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {data_, n_bytes_}; }
  const std::string& path() const { return path_; }

  /// Tells the system that these pages are not needed for now; they stay readable.
  void drop_pages() const;

 private:
  const std::byte* data_ = nullptr;
  std::size_t n_bytes_ = 0;
  std::string path_;
};

/// A run of a file's bytes; it keeps the file mapped.
struct MappedBytes {
  MappedFile file;
  std::span<const std::byte> bytes;
};

/// Reads a whole file of at most `limit_bytes`. Errors: kNotFound, kIo, kBadInput when larger.
Result<std::string> read_file(const std::string& path, std::size_t limit_bytes);

/// Writes `bytes` to a temporary file beside `path` and renames it over `path`, so that a reader
/// sees the old file or the new one, never a part. Errors: kIo; the temporary file is removed.
Status write_file_atomically(const std::string& path, std::string_view bytes);

/// "No such file or directory" and so on, for an errno value.
std::string errno_text(int error);

}  // namespace quern
