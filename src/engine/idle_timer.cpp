#include "engine/idle_timer.h"

#include <algorithm>
#include <utility>

namespace quern::engine {

IdleTimer::~IdleTimer() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  cv_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void IdleTimer::look_by(Clock::time_point when) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (when >= next_ || stopping_) return;
    next_ = when;
    if (!thread_.joinable()) thread_ = std::thread([this] { main(); });
  }
  cv_.notify_one();
}

void IdleTimer::main() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    if (next_ == Clock::time_point::max()) {
      cv_.wait(lock);
    } else if (Clock::now() < next_) {
      const Clock::time_point until = next_;
      cv_.wait_until(lock, until);
    } else {
      next_ = Clock::time_point::max();
      lock.unlock();
      const Clock::time_point wanted = look_();
      lock.lock();
      next_ = std::min(next_, wanted);
    }
  }
}

}  // namespace quern::engine
