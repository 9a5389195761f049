// A file that appears whole or not at all, or standard output: what every command writes data to.

#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::cli {

class OutputFile {
 public:
  /// Opens PATH.part beside PATH; commit() renames it over PATH. A path that is there and is not a
  /// regular file (a pipe, /dev/null) is written to directly. Errors: kNotFound, kIo.
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

  bool can_seek() const { return !part_path_.empty(); }

 private:
  OutputFile() = default;
  Status write_through(std::string_view bytes);
  Status failed(int error) const;

  int fd_ = -1;
  std::string path_;       // For messages and commit().
  std::string part_path_;  // "" when written to directly.
  std::string buffer_;
};

}  // namespace quern::cli
