#include "engine/load/model_tasks.h"

#include <utility>

namespace quern::engine {

ModelTasks::~ModelTasks() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  cv_.notify_all();
  // No more are started: a task that is left to run has a thread.
  for (std::thread& thread : threads_) thread.join();
}

void ModelTasks::add(const std::string& model, std::function<void()> task) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    auto& queue = tasks_[model];
    queue.push_back(std::move(task));
    if (queue.size() > 1) return;  // Whoever runs the one before goes on with it.
    ready_.push_back(model);
    if (n_idle_ < ready_.size() && threads_.size() < kMaxThreads) {
      threads_.emplace_back([this] { main(); });
    }
  }
  cv_.notify_one();
}

void ModelTasks::main() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    ++n_idle_;
    cv_.wait(lock, [&] { return stopping_ || !ready_.empty(); });
    --n_idle_;
    if (ready_.empty()) return;
    const std::string model = std::move(ready_.front());
    ready_.pop_front();
    std::function<void()> task = std::move(tasks_[model].front());
    lock.unlock();
    task();
    task = nullptr;  // What it held may add another.
    lock.lock();
    const auto queue = tasks_.find(model);
    queue->second.pop_front();
    if (queue->second.empty()) {
      tasks_.erase(queue);
    } else {
      ready_.push_back(model);
    }
  }
}

}  // namespace quern::engine
