// Counts the requests that were accepted and not answered yet, so that a program can stop
// without dropping any.

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace quern::engine {

/// Threads: any.
class OpenRequests {
 public:
  /// False once drain() or close() was called: the request is to be refused.
  bool enter();

  /// Once for each enter() that was true, after the request's answer was delivered.
  void leave();

  void close();

  /// Closes, and waits until none is open or `patience` is over; true when none is.
  bool drain(std::chrono::milliseconds patience);

 private:
  std::mutex mutex_;
  std::condition_variable none_cv_;
  int n_open_ = 0;
  bool closed_ = false;
};

}  // namespace quern::engine
