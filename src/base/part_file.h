// A file that is there whole or not at all: written beside its place under a name that no other run
// has, then renamed over it.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace quern {

class PartFile {
 public:
  /// Makes an empty file beside `path`, of a name of its own: no file that is there is touched.
  /// Errors: kNotFound (no such folder), kIo.
  static Result<PartFile> create(const std::string& path, unsigned mode);

  /// Opens `part_path`, or makes it, with the bytes that an earlier run left in it, for this run
  /// alone. Without publish() or keep() it is removed at the end.
  /// Errors: kUnavailable where another process holds it; as create.
  static Result<PartFile> resume(const std::string& path, const std::string& part_path,
                                 unsigned mode);

  /// Cuts off what lies behind the first `n_bytes`, where the next write goes. Errors: kIo.
  Status cut(std::size_t n_bytes);

  /// From here on the file stays where it is not published.
  void keep();

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
  bool is_kept_ = false;
  int slot_ = -1;  // Among the files that a signal removes.
};

/// Removes the parts that are being written, for a process about to be ended by a signal. May be
/// called from a signal handler.
void remove_part_files();

}  // namespace quern
