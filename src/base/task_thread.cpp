#include "base/task_thread.h"

#include <utility>

namespace quern {

TaskThread::~TaskThread() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  cv_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void TaskThread::add(std::function<void()> task) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    tasks_.push_back(std::move(task));
    if (!thread_.joinable()) thread_ = std::thread([this] { main(); });
  }
  cv_.notify_one();
}

void TaskThread::main() {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto is_wanted = [&] { return stopping_ || !tasks_.empty(); };
  bool has_worked = false;
  for (;;) {
    if (has_worked && when_idle_.fn && !cv_.wait_for(lock, when_idle_.after, is_wanted)) {
      has_worked = false;
      lock.unlock();
      when_idle_.fn();
      lock.lock();
    }
    cv_.wait(lock, is_wanted);
    if (tasks_.empty()) return;
    has_worked = true;
    const std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace quern
