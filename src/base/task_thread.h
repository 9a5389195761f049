// One thread for what must not be done on a caller's thread: loading models, making prompts,
// writing long answers. Started when first needed, asleep otherwise.

#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace quern {

/// Threads: any.
class TaskThread {
 public:
  TaskThread() = default;
  /// Runs every task still waiting, then joins.
  ~TaskThread();
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

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

}  // namespace quern
