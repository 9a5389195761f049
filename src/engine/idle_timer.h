// A thread that looks after what has been idle for long enough, at the moment when the first of it
// has. It sleeps in between, and is not there at all where nothing ever expires.

#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace quern::engine {

/// Threads: any.
class IdleTimer {
 public:
  using Clock = std::chrono::steady_clock;

  /// `look` returns when it wants to look again; never: max(). From the timer's own thread.
  explicit IdleTimer(std::function<Clock::time_point()> look) : look_(std::move(look)) {}
  /// Waits for a look under way.
  ~IdleTimer();
  IdleTimer(const IdleTimer&) = delete;
  IdleTimer& operator=(const IdleTimer&) = delete;

  /// Looks at `when`, at the latest. Wakes nobody where that was foreseen.
  void look_by(Clock::time_point when);

 private:
  void main();

  const std::function<Clock::time_point()> look_;
  std::mutex mutex_;
  std::condition_variable cv_;
  Clock::time_point next_ = Clock::time_point::max();
  bool stopping_ = false;
  std::thread thread_;  // Started when first needed.
};

}  // namespace quern::engine
