// One process at a time fetches a model: a lock on a file, which goes with the last work on it.

#pragma once

#include <functional>
#include <string>

#include "base/status.h"

namespace quern::hub {

class PullLock {
 public:
  /// Waits for whoever has it; `on_wait` is told once. Errors: kIo, kCancelled.
  static Result<PullLock> take(const std::string& path, const std::function<void()>& on_wait,
                               const std::function<bool()>& is_cancelled);

  PullLock(PullLock&& other) noexcept;
  PullLock& operator=(PullLock&& other) noexcept;
  ~PullLock();  // Lets go.

  /// Nothing is left to guard: the file goes too. Who waits for it notices and makes a new one.
  void remove();

 private:
  PullLock(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_ = -1;
};

}  // namespace quern::hub
