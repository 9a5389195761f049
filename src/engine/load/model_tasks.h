// Threads for what must not be done on a caller's thread: opening and loading models for requests
// that came in asynchronously. Started when first needed, asleep otherwise.

#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace quern::engine {

/// Threads: any.
class ModelTasks {
 public:
  ModelTasks() = default;
  /// Runs every task still waiting, then joins.
  ~ModelTasks();
  ModelTasks(const ModelTasks&) = delete;
  ModelTasks& operator=(const ModelTasks&) = delete;

  /// Runs the tasks of one model one after another, in order; those of different models do not wait
  /// for each other, as long as there are fewer than `kMaxThreads` of them.
  void add(const std::string& model, std::function<void()> task);

  static constexpr std::size_t kMaxThreads = 4;

 private:
  void main();

  std::mutex mutex_;
  std::condition_variable cv_;
  std::map<std::string, std::deque<std::function<void()>>> tasks_;  // The first may be running.
  std::deque<std::string> ready_;  // Models with a task, none of which runs.
  std::size_t n_idle_ = 0;         // Threads that wait.
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace quern::engine
