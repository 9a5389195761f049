// A file that appears whole or not at all, or standard output: what every command writes data to.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/checksum.h"
#include "base/part_file.h"
#include "base/status.h"

namespace quern::cli {

class OutputFile {
 public:
  /// Opens a part of its own beside PATH; commit() renames it over PATH, whose permissions it has.
  /// Of a symbolic link the target is written, and the link stays. A path that is there and is not
  /// a regular file (a pipe, /dev/null) is written to directly. Errors: kNotFound, kIo.
  static Result<OutputFile> create(const std::string& path);

  static OutputFile standard_output();

  /// As create of a regular file, on the part that an earlier run left at `part_path`: cut() it
  /// before the first write. Errors: as create; kUnavailable where another run holds it.
  static Result<OutputFile> resume(const std::string& path, const std::string& part_path);

  /// Cuts a part off behind its first `n_bytes`. Their checksum, less the first `n_unsummed`, is
  /// that of checksum(). Errors: kIo; kBadInput where the part is shorter.
  Status cut(std::size_t n_bytes, std::size_t n_unsummed);

  /// Flushes, and makes sure that the bytes are on the disk. Errors: kIo.
  Status sync();

  /// The part stays where it is not committed.
  void keep() { part_.keep(); }

  std::size_t n_bytes() const { return n_bytes_; }         // Written, what is buffered left out.
  std::uint64_t checksum() const { return sum_.value(); }  // Of them, as cut() says.

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) = delete;
  ~OutputFile();  // Without commit(), the part is removed.

  /// Errors: kIo (full disk, closed pipe) with the system's reason, from then on each time: what
  /// was written is as it was at the last sync() or it is not known.
  Status write(std::string_view bytes);

  /// Writes out what is buffered, for a reader at the other end of a pipe.
  Status flush();

  /// Overwrites bytes at the start of the file. Errors: kIo; kUnsupported where it cannot seek.
  Status rewrite_start(std::string_view bytes);

  /// Flushes and puts the file in its place.
  Status commit();

  bool can_seek() const { return part_.fd() >= 0; }

 private:
  OutputFile() = default;
  int fd() const { return can_seek() ? part_.fd() : direct_fd_; }
  Status write_through(std::string_view bytes);
  Status failed(int error) const;
  void count(std::string_view bytes);
  Status count_file(std::size_t n_bytes);

  int direct_fd_ = -1;  // -1 where there is a part.
  std::string path_;    // For messages.
  PartFile part_;
  std::string buffer_;
  std::size_t n_bytes_ = 0;
  std::size_t n_unsummed_ = 0;
  Checksum64 sum_;
  int error_ = 0;  // An errno value: what was written is not to be relied on, nor written on.
};

/// Writes all of `bytes`, however slowly the other end of a pipe takes them, also where whoever
/// opened it made it non-blocking. The error is an errno value, 0 for none.
int write_fully(int fd, std::string_view bytes);

}  // namespace quern::cli
