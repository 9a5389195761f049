// The one pool of threads. Work is split inside an operation: parallel_for blocks its caller, who
// works too. Parts are handed out one by one, so a slow core takes fewer of them.
//
// Between parts the caller asks its Pace. Where that yields, what it runs instead may use the pool
// as well: the other threads leave their own parts where they rest() and help, then go on.

#pragma once

#include <array>
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

  /// Where a part may be interrupted: called between the parts of each parallel_for, that of the
  /// serial pool too. For long parts to call, where they hold nothing of their thread's own.
  static void rest();

  int n_threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls fn(i_part, i_thread) once for each i_part in [0, n_parts); i_thread in
  /// [0, n_threads()) names the thread, so each may keep scratch of its own. Returns when all
  /// parts are done. fn must not throw and must not call parallel_for of the same pool; its parts
  /// may be interrupted where they rest(), to run other work on their thread.
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

  // Written by the caller before epoch_ moves, read by workers that have entered.
  struct Job {
    PartFn call = nullptr;
    const void* fn = nullptr;
    int n_parts = 0;
    alignas(64) std::atomic<int> next_part{0};
    alignas(64) std::atomic<int> n_inside{0};  // Workers that may touch the job.
    std::atomic<bool> open{false};             // May workers enter it?
  };
  enum Depth { kOuter = 0, kInner = 1 };  // An inner job runs while the outer one's parts rest.
  struct Here;                            // Which part of which job the calling thread is in.
  static Here& here();

  void run(int n_parts, PartFn call, const void* fn);
  void run_job(Depth depth, int n_parts, PartFn call, const void* fn);
  void work(Depth depth, int thread);
  void join(Depth depth, int thread);
  void interrupt();
  void help(int thread);
  void move_epoch();
  void wait_for_move(std::uint32_t seen);
  void worker_main(int thread);

  std::mutex callers_;  // One outer job at a time.
  std::array<Job, 2> jobs_;
  std::atomic<bool> resting_{false};                 // Are the outer job's parts to rest?
  alignas(64) std::atomic<std::uint32_t> epoch_{0};  // Moves when there is something to look at.
  std::atomic<int> n_asleep_{0};
  std::atomic<bool> stopping_{false};

  std::vector<std::thread> workers_;
};

}  // namespace quern
