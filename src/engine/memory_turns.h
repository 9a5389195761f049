// Whose turn it is where memory is short: while a load waits for memory that other models use, the
// requests for those that come after it are held back, so that those models come to rest and can be
// evicted. No load holds others back for long.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <string>

namespace quern::engine {

/// Threads: all functions may be called from any thread.
class MemoryTurns {
  struct Load;

 public:
  using Clock = std::chrono::steady_clock;

  /// A load that waits for memory holds others back for `longest`.
  explicit MemoryTurns(std::chrono::milliseconds longest) : longest_(longest) {}

  /// While it lives, a load of the model `key` waits for memory.
  class Waiting {
   public:
    Waiting(MemoryTurns& turns, const std::string& key);
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    MemoryTurns& turns_;
    std::list<Load>::iterator load_;
  };

  /// True if a load of another model, which waits since before `arrived`, is to get its memory
  /// before a request for `key` begins that came then.
  bool is_held_back(const std::string& key, Clock::time_point arrived);

  /// Returns when is_held_back() is over: at most `longest` after `arrived`.
  void wait(const std::string& key, Clock::time_point arrived);

 private:
  struct Load {
    std::string key;
    Clock::time_point since;
  };

  // With the mutex held.
  Clock::time_point held_until(const std::string& key, Clock::time_point arrived) const;

  const std::chrono::milliseconds longest_;
  std::atomic<int> n_waiting_{0};  // Looked at without the mutex: mostly there is none.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Load> loads_;
};

}  // namespace quern::engine
