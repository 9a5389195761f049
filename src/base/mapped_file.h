// A file mapped read-only into memory.

#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern {

/// What tells one state of a file from another without reading it.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t n_bytes = 0;
  std::int64_t mtime_ns = 0;  // Last change of the content, as the file says;
  std::int64_t ctime_ns = 0;  // of anything at all, as the system says.

  bool operator==(const FileIdentity&) const = default;
};

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
  const FileIdentity& identity() const { return identity_; }  // When it was opened.

  /// Tells the system that these pages are not needed for now; they stay readable.
  void drop_pages() const { drop_pages(bytes()); }

  /// The same for a part of bytes(): pages that lie in it whole.
  void drop_pages(std::span<const std::byte> part) const;

  /// Reads this part of bytes(): its pages are in memory when this returns.
  void read_pages(std::span<const std::byte> part) const;

 private:
  const std::byte* data_ = nullptr;
  std::size_t n_bytes_ = 0;
  std::string path_;
  FileIdentity identity_;
};

/// Reads a whole file of at most `limit_bytes`. Errors: kNotFound, kIo, kBadInput when larger.
Result<std::string> read_file(const std::string& path, std::size_t limit_bytes);

/// Writes `bytes` to a temporary file beside `path` and renames it over `path`, so that a reader
/// sees the old file or the new one, never a part. Errors: kIo; the temporary file is removed.
Status write_file_atomically(const std::string& path, std::string_view bytes);

/// The same for bytes that lie in several places: the parts, one after another.
Status write_file_atomically(const std::string& path,
                             std::initializer_list<std::string_view> parts);

/// "No such file or directory" and so on, for an errno value.
std::string errno_text(int error);

}  // namespace quern
