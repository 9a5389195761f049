// Decides what runs next: a lane for each model and what it does, one pass at a time over the whole
// thread pool, in turns (FairShares). Interactive lanes also go first in the midst of a bulk pass,
// and of another's that has run for a while. Deadlines and cancellation between passes; a pass that
// nobody wants is left between two layers.
//
// Whoever "drives" runs passes: the driver thread, or a caller of run() who finds nobody driving
// and so saves the hand-over to another thread.

#pragma once

#include <atomic>
#include <condition_variable>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/encoder_lane.h"
#include "engine/fair_shares.h"
#include "engine/generate/generator.h"

namespace quern::engine {

struct SchedulerOptions {
  int batch_tokens = 0;  // 0: as each model says.
  int min_batch = 1;     // Texts that a batch waits for, where others come: gather.h.
  int max_batch = std::numeric_limits<int>::max();  // Texts of a batch, at most.
  Generator* generator = nullptr;                   // Of texts; outlives us.
};

/// Threads: submit, run, counters from any.
class Scheduler {
 public:
  Scheduler(ThreadPool& pool, Arena& arena, SchedulerOptions options);
  /// Finishes the running pass and cancels what waits. No run() may be under way.
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// Calls job->done exactly once, with no lock held: from the driver thread or a caller of run().
  void submit(std::shared_ptr<Job> job);

  /// The same for a text to be generated.
  void submit(std::shared_ptr<GenerationJob> job);

  /// As submit; returns after done().
  void run(const std::shared_ptr<Job>& job);

  /// Raised after a job's `cancelled`, it makes the next step look for such jobs. Outlives us.
  std::shared_ptr<std::atomic<bool>> sweep_flag() const { return sweep_; }

  const Counters& counters() const { return counters_; }
  /// For inputs that get their outcome before they come here.
  Counters& counters() { return counters_; }

 private:
  using JobPtr = std::shared_ptr<Job>;
  using LanePtr = std::shared_ptr<Lane>;
  class StepPace;

  template <typename SomeJob>
  void watch(SomeJob& job, WorkClass work_class);
  void opened(WorkClass work_class);
  void driver_main();
  void drive(std::unique_lock<std::mutex>& lock, const bool* until);
  void hold(std::unique_lock<std::mutex>& lock);
  void wake_driver();
  void accept();
  EncoderLane& lane_of(const Job& job);
  std::vector<LanePtr> lanes() const;
  std::vector<LanePtr> ready_lanes();
  LanePtr next_lane(const StepPace* outer);
  bool take_turn(StepPace* outer);
  void overtake(StepPace& outer);
  void sweep_if_due(const Lane* running);

  const SchedulerOptions options_;
  const std::shared_ptr<std::atomic<bool>> sweep_ = std::make_shared<std::atomic<bool>>(false);

  std::mutex mutex_;  // Guards these.
  std::condition_variable work_cv_, done_cv_, hold_cv_;
  std::vector<JobPtr> incoming_;
  int n_open_ = 0;  // Accepted jobs without an answer.
  bool driving_ = false;
  bool has_fresh_ = false;  // Jobs that nobody accepted yet.
  bool holding_ = false;    // The one who drives waits for more work, or for `hold_until_`.
  bool stopping_ = false;

  std::atomic<int> n_interactive_{0};  // Of the open ones.

  // Only whoever drives.
  Counters counters_;  // Read by anyone.
  RecentPasses recent_;
  EncoderLaneParts parts_;
  std::vector<std::shared_ptr<EncoderLane>> encoders_;
  FairShares shares_;
  Clock::time_point next_deadline_ = Clock::time_point::max();
  Clock::time_point hold_until_ = Clock::time_point::max();  // Of lanes that wait for more.
  bool cancel_all_ = false;

  std::thread driver_;
};

}  // namespace quern::engine
