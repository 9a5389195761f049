// A file that is there whole or not at all: written beside its place under a name that no other run
// has, then renamed over it.

#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace quern {

class PartFile {
 public:
  /// Makes an empty file beside `path`, of a name of its own: no file that is there is touched.
  /// Errors: kNotFound (no such folder), kIo.
  static Result<PartFile> create(const std::string& path, unsigned mode);

  PartFile() = default;
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&& other) noexcept;
  ~PartFile();  // Without publish(), the file is removed.

  int fd() const { return fd_; }

  /// Errors: kIo (full disk, file size limit) naming `path` of create.
  Status write(std::string_view bytes);

  /// Puts `bytes` over the first ones: what is known only when the rest is written. Errors: kIo.
  Status write_front(std::string_view bytes);

  /// Makes sure that the bytes are on the disk, and renames. Of several runs the last one to come
  /// here wins whole. Errors: kIo.
  Status publish();

 private:
  int fd_ = -1;
  std::string path_;
  std::string part_path_;  // "": nothing to remove.
  int slot_ = -1;          // Among the files that a signal removes.
};

/// Removes the parts that are being written, for a process about to be ended by a signal. May be
/// called from a signal handler.
void remove_part_files();

}  // namespace quern
