// One writer at a time: a lock on the file LOCK of a store, gone with whoever held it. The file
// says who that is, for people; only the lock counts, so that nothing stale ever blocks.

#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace quern::store {

class WriterLock {
 public:
  /// `who` is a line for people: the command. Errors: kUnavailable naming the holder, by process,
  /// machine and what it said; kIo.
  static Result<WriterLock> take(const std::string& path, std::string_view who);

  WriterLock() = default;
  WriterLock(WriterLock&& other) noexcept;
  WriterLock& operator=(WriterLock&& other) noexcept;
  ~WriterLock();

 private:
  int fd_ = -1;
};

}  // namespace quern::store
