// Threads for searches, which wait for a model and read what may have to come from the disk.

#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace quern::serve {

/// Threads: any.
class SearchThreads {
 public:
  explicit SearchThreads(int n_threads);
  ~SearchThreads();  // Runs what waits, then joins.
  SearchThreads(const SearchThreads&) = delete;
  SearchThreads& operator=(const SearchThreads&) = delete;

  /// Runs tasks as threads come free, the first first. A task does not throw.
  void add(std::function<void()> task);

 private:
  void main();

  std::mutex mutex_;  // Guards these.
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool is_over_ = false;
  std::vector<std::thread> threads_;  // Last: they use the others.
};

}  // namespace quern::serve
