// The one pool of threads. Work is split inside an operation: parallel_for blocks its caller, who
// works too. Parts are handed out one by one, so a slow core takes fewer of them.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace quern {

class ThreadPool {
 public:
  /// A pool of `n_threads` >= 1, the caller of parallel_for counted in: n_threads - 1 are started.
  explicit ThreadPool(int n_threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// A pool without workers: parallel_for runs on the calling thread alone. For work that is
  /// already a part of another pool's job.
  static ThreadPool& serial();

  int n_threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls fn(i_part, i_thread) once for each i_part in [0, n_parts); i_thread in
  /// [0, n_threads()) names the thread, so each may keep scratch of its own. Returns when all
  /// parts are done. fn must not throw and must not call parallel_for of the same pool.
  /// Threads: any thread may call; calls from different threads run one after another.
  template <typename F>
  void parallel_for(int n_parts, const F& fn) {
    if (n_parts <= 0) return;
    run(
        n_parts,
        [](const void* f, int part, int thread) { (*static_cast<const F*>(f))(part, thread); },
        &fn);
  }

 private:
  using PartFn = void (*)(const void* fn, int part, int thread);

  void run(int n_parts, PartFn call, const void* fn);
  void work(int thread);
  void worker_main(int thread);

  std::mutex callers_;  // One job at a time.

  // The running job. Written by the caller before epoch_ moves, read by workers that have entered.
  PartFn call_ = nullptr;
  const void* fn_ = nullptr;
  int n_parts_ = 0;

  alignas(64) std::atomic<int> next_part_{0};
  alignas(64) std::atomic<std::uint32_t> epoch_{0};  // Moves once per job; workers wait on it.
  alignas(64) std::atomic<int> n_inside_{0};         // Workers that may touch the job.
  std::atomic<bool> open_{false};                    // May workers enter the job?
  std::atomic<int> n_asleep_{0};
  std::atomic<bool> stopping_{false};

  std::vector<std::thread> workers_;
};

}  // namespace quern
