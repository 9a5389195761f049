// One thread for what must not be done on a caller's thread: opening and loading models for
// requests that came in asynchronously. Started when first needed, asleep otherwise.

#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace quern::engine {

/// Threads: any.
class Loader {
 public:
  Loader() = default;
  /// Runs every task still waiting, then joins.
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// Runs tasks one after another, in order.
  void add(std::function<void()> task);

 private:
  void main();

  std::mutex mutex_;
  std::condition_variable cv_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace quern::engine
