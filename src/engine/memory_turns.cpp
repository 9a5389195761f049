#include "engine/memory_turns.h"

#include <algorithm>

namespace quern::engine {

MemoryTurns::Waiting::Waiting(MemoryTurns& turns, const std::string& key) : turns_(turns) {
  const std::lock_guard<std::mutex> lock(turns_.mutex_);
  load_ = turns_.loads_.insert(turns_.loads_.end(), {key, Clock::now()});
  ++turns_.n_waiting_;
}

MemoryTurns::Waiting::~Waiting() {
  {
    const std::lock_guard<std::mutex> lock(turns_.mutex_);
    turns_.loads_.erase(load_);
    --turns_.n_waiting_;
  }
  turns_.changed_.notify_all();
}

MemoryTurns::Clock::time_point MemoryTurns::held_until(const std::string& key,
                                                       Clock::time_point arrived) const {
  Clock::time_point until = Clock::time_point::min();
  for (const Load& load : loads_) {
    if (load.key != key && load.since < arrived) until = std::max(until, load.since + longest_);
  }
  return until;
}

bool MemoryTurns::is_held_back(const std::string& key, Clock::time_point arrived) {
  if (n_waiting_ == 0) return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  return held_until(key, arrived) > Clock::now();
}

void MemoryTurns::wait(const std::string& key, Clock::time_point arrived) {
  if (n_waiting_ == 0) return;
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    const Clock::time_point until = held_until(key, arrived);
    if (until <= Clock::now()) return;
    changed_.wait_until(lock, until);
  }
}

}  // namespace quern::engine
