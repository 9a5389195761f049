// How much may wait in the engine: so many requests, and so many inputs of all requests together.
// What is over that is told to come back, and when.

#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace quern::serve {

/// Threads: any.
class QueueLimit {
 public:
  using Clock = std::chrono::steady_clock;

  /// `now` is for tests.
  QueueLimit(int max_requests, int max_inputs, std::function<Clock::time_point()> now = Clock::now)
      : max_requests_(max_requests), max_inputs_(max_inputs), now_(std::move(now)) {}

  struct Full {
    std::string message;
    int retry_after_s = 1;  // By the rate at which inputs left so far.
  };

  /// Counts one more request, or says that there are too many: then leave is not to be called. A
  /// request that is larger than all that may wait is let in where nothing else waits.
  std::optional<Full> enter(int n_inputs);

  /// Once for each that was let in, with the same number.
  void leave(int n_inputs);

 private:
  int seconds_until(int n_inputs) const;  // With the mutex held.

  const int max_requests_;
  const int max_inputs_;
  const std::function<Clock::time_point()> now_;

  std::mutex mutex_;  // Guards these.
  int n_requests_ = 0;
  long n_inputs_ = 0;
  Clock::time_point since_ = now_();  // A stretch with something in the engine,
  long n_left_ = 0;                   // and what left in it.
  double inputs_per_s_ = 0;           // As of the last one that was long enough; 0: none was.
};

}  // namespace quern::serve
