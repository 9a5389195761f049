#include "engine/scheduler.h"

#include <algorithm>
#include <utility>

#include "base/pace.h"

namespace quern::engine {
namespace {

using std::chrono::milliseconds;

// An interactive pass runs so long before another lane's may go first in its midst.
constexpr milliseconds kQuantum{20};
// Others go first for so long at a time; what they interrupt has its share in between.
constexpr milliseconds kLongestOvertaking{50};
// Where nobody could: before the next attempt.
constexpr milliseconds kPause{2};

double ms(Clock::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

}  // namespace

/// The pace of a lane's step.
class Scheduler::StepPace : public Pace {
 public:
  StepPace(Scheduler& scheduler, Lane& lane, const StepPace* outer)
      : scheduler_(scheduler),
        lane_(lane),
        is_inner_(outer != nullptr),
        n_own_(lane.n_interactive()),
        not_before_(start_ + quantum()) {}

  bool stop_asked() const override { return lane_.is_unwanted(); }
  bool yield_asked() const override {
    return !is_inner_ && scheduler_.n_interactive_.load() > n_own_ && Clock::now() >= not_before_;
  }

  Lane& lane() const { return lane_; }
  /// What the step has taken, without what others did in its midst.
  double own_ms() const { return ms(Clock::now() - start_ - yielded()); }

 protected:
  void let_others() override {
    const Clock::time_point start = Clock::now();
    ms_before_ = own_ms();
    scheduler_.overtake(*this);
    const Clock::time_point end = Clock::now();
    const auto share = std::chrono::duration_cast<Clock::duration>((end - start) * kBulkShare);
    const Clock::duration pause = nobody_could_ ? kPause : quantum();
    not_before_ = end + std::max(share, pause);
  }

 private:
  friend class Scheduler;
  Clock::duration quantum() const { return n_own_ > 0 ? kQuantum : Clock::duration::zero(); }

  Scheduler& scheduler_;
  Lane& lane_;
  const bool is_inner_;
  const int n_own_;  // Interactive jobs of the lane itself: they wait for nobody else.
  const Clock::time_point start_ = Clock::now();
  Clock::time_point not_before_;
  double ms_before_ = 0;  // Of its own, when others were let go first.
  bool nobody_could_ = false;
};

Scheduler::Scheduler(ThreadPool& pool, Arena& arena, SchedulerOptions options)
    : options_(std::move(options)),
      parts_{.pool = pool,
             .arena = arena,
             .batch_tokens = options_.batch_tokens,
             .min_texts = options_.min_batch,
             .max_texts = options_.max_batch,
             .counters = counters_,
             .recent = recent_} {
  driver_ = std::thread([this] { driver_main(); });
}

Scheduler::~Scheduler() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  work_cv_.notify_all();
  hold_cv_.notify_all();
  driver_.join();
}

// With the mutex held, as `opened`.
template <typename SomeJob>
void Scheduler::watch(SomeJob& job, WorkClass work_class) {
  job.done = [this, work_class, done = std::move(job.done)](auto answer) {
    done(std::move(answer));
    const std::lock_guard<std::mutex> lock(mutex_);
    --n_open_;
    if (work_class == WorkClass::kInteractive) --n_interactive_;
  };
  opened(work_class);
}

void Scheduler::opened(WorkClass work_class) {
  ++n_open_;
  if (work_class == WorkClass::kInteractive) ++n_interactive_;
}

void Scheduler::submit(std::shared_ptr<Job> job) {
  bool wake = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    watch(*job, job->work_class);
    incoming_.push_back(std::move(job));
    has_fresh_ = true;
    wake = !driving_ || holding_;
  }
  if (wake) wake_driver();
}

void Scheduler::wake_driver() {
  // One of the two has somebody to wake: the driver thread waits for work, whoever drives for more.
  work_cv_.notify_one();
  hold_cv_.notify_one();
}

void Scheduler::submit(std::shared_ptr<GenerationJob> job) {
  bool wake = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    watch(*job, job->request.work_class);
    options_.generator->submit(std::move(job));
    has_fresh_ = true;
    wake = !driving_ || holding_;
  }
  if (wake) wake_driver();
}

void Scheduler::run(const std::shared_ptr<Job>& job) {
  bool finished = false;
  std::unique_lock<std::mutex> lock(mutex_);
  watch(*job, job->work_class);
  job->done = [this, &finished, done = std::move(job->done)](Response answer) {
    done(std::move(answer));
    const std::lock_guard<std::mutex> told(mutex_);
    finished = true;
    done_cv_.notify_all();
  };
  incoming_.push_back(job);
  has_fresh_ = true;
  if (holding_) hold_cv_.notify_one();
  if (!driving_) drive(lock, &finished);
  done_cv_.wait(lock, [&] { return finished; });
}

void Scheduler::driver_main() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    work_cv_.wait(lock, [&] { return !driving_ && (stopping_ || n_open_ > 0); });
    if (n_open_ == 0) return;
    drive(lock, nullptr);
  }
}

// Drives until there is no work, or until `until` says so; then the driver thread takes over.
void Scheduler::drive(std::unique_lock<std::mutex>& lock, const bool* until) {
  driving_ = true;
  while (n_open_ > 0 && (until == nullptr || !*until)) {
    lock.unlock();
    accept();
    hold_until_ = Clock::time_point::max();
    const bool ran = take_turn(nullptr);
    lock.lock();
    if (!ran) hold(lock);
  }
  driving_ = false;
  if (n_open_ > 0 || stopping_) work_cv_.notify_one();
}

// Where all that is to be done waits for more: until that is there, or the time is over.
void Scheduler::hold(std::unique_lock<std::mutex>& lock) {
  if (hold_until_ == Clock::time_point::max() || has_fresh_ || stopping_) return;
  holding_ = true;
  hold_cv_.wait_until(lock, hold_until_);
  holding_ = false;
}

void Scheduler::accept() {
  std::vector<JobPtr> fresh;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    fresh = std::exchange(incoming_, {});
    has_fresh_ = false;
    cancel_all_ = stopping_;
  }
  for (const JobPtr& job : fresh) {
    lane_of(*job).add(job);
    if (job->deadline) next_deadline_ = std::min(next_deadline_, *job->deadline);
    if (job->cancelled) sweep_->store(true);
  }
  if (options_.generator == nullptr) return;
  next_deadline_ = std::min(next_deadline_, options_.generator->accept(*sweep_));
}

EncoderLane& Scheduler::lane_of(const Job& job) {
  for (const auto& lane : encoders_) {
    if (lane->model() == job.model && lane->jobs_class() == job.work_class) return *lane;
  }
  encoders_.push_back(std::make_shared<EncoderLane>(job.model, job.work_class, parts_));
  return *encoders_.back();
}

std::vector<Scheduler::LanePtr> Scheduler::lanes() const {
  std::vector<LanePtr> out(encoders_.begin(), encoders_.end());
  if (options_.generator != nullptr) options_.generator->add_lanes(out);
  return out;
}

// All but those that wait for more.
std::vector<Scheduler::LanePtr> Scheduler::ready_lanes() {
  std::vector<LanePtr> all = lanes();
  const Clock::time_point now = Clock::now();
  std::erase_if(all, [&](const LanePtr& lane) {
    const Clock::time_point at = lane->ready_at();
    if (at <= now) return false;
    hold_until_ = std::min(hold_until_, at);
    return true;
  });
  return all;
}

// Lanes are held for no longer than this: who gives up what is idle wants it gone.
Scheduler::LanePtr Scheduler::next_lane(const StepPace* outer) {
  const std::vector<LanePtr> all = ready_lanes();
  if (outer == nullptr) return shares_.pick(all);
  return shares_.pick_beside(all, outer->lane(), outer->ms_before_);
}

// One step of the lane whose turn it is: of all, or in the midst of `outer`. False if nothing ran.
bool Scheduler::take_turn(StepPace* outer) {
  sweep_if_due(outer == nullptr ? nullptr : &outer->lane());
  const LanePtr lane = next_lane(outer);
  if (lane == nullptr) return false;
  StepPace pace(*this, *lane, outer);
  Turn turn = Turn::kDone;
  {
    const Pace::Scope scope(pace);
    turn = lane->step(outer == nullptr ? Shortage::kMakeRoom : Shortage::kWait);
  }
  shares_.charge(*lane, pace.own_ms());
  std::erase_if(encoders_, [&](const auto& e) {
    return !e->has_work() && (outer == nullptr || e.get() != &outer->lane());
  });
  return turn == Turn::kDone;
}

// In the midst of a step: those who may go first do, on the same threads and with memory of
// their own.
void Scheduler::overtake(StepPace& outer) {
  Pace steady;
  const Pace::Scope scope(steady);
  const Clock::time_point end = Clock::now() + kLongestOvertaking;
  int n_turns = 0;
  do {
    accept();
    if (!take_turn(&outer)) break;
    ++n_turns;
  } while (n_interactive_.load() > outer.n_own_ && Clock::now() < end);
  outer.nobody_could_ = n_turns == 0;
}

// Ends the jobs that were cancelled or are late, but for those of a lane in the midst of a step:
// its time comes when that is over.
void Scheduler::sweep_if_due(const Lane* running) {
  const bool is_due = sweep_->load() || cancel_all_ || Clock::now() >= next_deadline_;
  if (!is_due) return;
  if (running == nullptr) {
    sweep_->store(false);
    next_deadline_ = Clock::time_point::max();
  }
  for (const LanePtr& lane : lanes()) {
    if (lane.get() == running) continue;
    next_deadline_ = std::min(next_deadline_, lane->sweep(cancel_all_ ? Sweep::kAll : Sweep::kDue));
  }
  std::erase_if(encoders_, [&](const auto& e) { return !e->has_work() && e.get() != running; });
}

}  // namespace quern::engine
