// A file that appears whole or not at all, or standard output: what every command writes data to.

#pragma once

#include <string>
#include <string_view>

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

  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&& other) = delete;
  ~OutputFile();  // Without commit(), the part is removed.

  /// Errors: kIo (full disk, closed pipe) with the system's reason.
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

  int direct_fd_ = -1;  // -1 where there is a part.
  std::string path_;    // For messages.
  PartFile part_;
  std::string buffer_;
};

/// Writes all of `bytes`, however slowly the other end of a pipe takes them, also where whoever
/// opened it made it non-blocking. The error is an errno value, 0 for none.
int write_fully(int fd, std::string_view bytes);

}  // namespace quern::cli
