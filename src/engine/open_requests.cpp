#include "engine/open_requests.h"

namespace quern::engine {

bool OpenRequests::enter() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return false;
  ++n_open_;
  return true;
}

void OpenRequests::leave() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (--n_open_ == 0) none_cv_.notify_all();
}

void OpenRequests::close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
}

bool OpenRequests::drain(std::chrono::milliseconds patience) {
  std::unique_lock<std::mutex> lock(mutex_);
  closed_ = true;
  return none_cv_.wait_for(lock, patience, [&] { return n_open_ == 0; });
}

}  // namespace quern::engine
