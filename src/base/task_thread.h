// One thread for what must not be done on a caller's thread: loading models, making prompts,
// writing long answers. Started when first needed, asleep otherwise.

#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace quern {

/// What is to be done whenever no task came for so long after the last one; not at the end.
struct IdleTask {
  std::chrono::milliseconds after{0};
  std::function<void()> fn = {};
};

/// Threads: any.
class TaskThread {
 public:
  TaskThread() = default;
  explicit TaskThread(IdleTask when_idle) : when_idle_(std::move(when_idle)) {}
  /// Runs every task still waiting, then joins.
  ~TaskThread();
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

  /// Runs tasks one after another, in order.
  void add(std::function<void()> task);

 private:
  void main();

  const IdleTask when_idle_;
  std::mutex mutex_;
  std::condition_variable cv_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace quern
