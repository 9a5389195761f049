// Decides what runs next: a queue per model and priority, one batch at a time over the whole
// thread pool, interactive before bulk, deadlines and cancellation between batches.
//
// Whoever "drives" runs batches: the driver thread, or a caller of run() who finds nobody driving
// and so saves the hand-over to another thread.

#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/batch_runner.h"
#include "engine/generate/generator.h"
#include "engine/job_queue.h"

namespace quern::engine {

struct SchedulerOptions {
  int batch_tokens = 0;                              // 0: as each model says.
  std::function<bool(std::size_t bytes)> make_room;  // See BatchRunner.
  Generator* generator = nullptr;  // Its steps alternate with the batches. Outlives us.
};

/// Threads: submit, run, counters from any.
class Scheduler {
 public:
  Scheduler(ThreadPool& pool, Arena& arena, SchedulerOptions options);
  /// Finishes the running batch and cancels what waits. No run() may be under way.
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// Calls job->done exactly once, with no lock held: from the driver thread or a caller of run().
  void submit(std::shared_ptr<Job> job);

  /// The same for a text to be generated.
  void submit(std::shared_ptr<GenerationJob> job);

  /// As submit; returns after done().
  void run(const std::shared_ptr<Job>& job);

  /// Raised after Job::cancelled, it makes the next step look for such jobs. Outlives us.
  std::shared_ptr<std::atomic<bool>> sweep_flag() const { return sweep_; }

  const Counters& counters() const { return book_.counters; }

 private:
  using JobPtr = std::shared_ptr<Job>;

  void driver_main();
  void drive(std::unique_lock<std::mutex>& lock, const Job* until);
  void accept(const std::vector<JobPtr>& jobs);
  void step();
  int generate();
  void sweep();
  std::list<JobQueue>* pick_priority();
  void retire_finished();

  ThreadPool& pool_;
  const SchedulerOptions options_;
  const std::shared_ptr<std::atomic<bool>> sweep_ = std::make_shared<std::atomic<bool>>(false);

  std::mutex mutex_;  // Guards these, and Job::finished.
  std::condition_variable work_cv_;
  std::vector<JobPtr> incoming_;
  int n_open_ = 0;  // Accepted jobs that are not finished.
  bool driving_ = false;
  bool stopping_ = false;

  // Only whoever drives.
  std::array<std::list<JobQueue>, 2> queues_;  // By priority; the front model is next.
  int n_interactive_in_a_row_ = 0;
  Clock::time_point next_deadline_ = Clock::time_point::max();
  bool cancel_all_ = false;
  OutcomeBook book_;
  BatchRunner runner_;

  std::thread driver_;
};

}  // namespace quern::engine
