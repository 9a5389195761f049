#include "engine/scheduler.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace quern::engine {
namespace {

// Under an endless stream of interactive work, bulk still gets every so-manieth batch.
constexpr int kInteractiveInARow = 16;

Status too_late(const Job& job) {
  const auto waited =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - job.submitted);
  const std::size_t n_inputs = job.response.outcomes.size();
  return {Code::kDeadline, fmt::format("the deadline passed after {} ms with {} of {} inputs done",
                                       waited.count(), n_inputs - job.n_left, n_inputs)};
}

}  // namespace

Scheduler::Scheduler(ThreadPool& pool, Arena& arena, SchedulerOptions options)
    : pool_(pool), options_(std::move(options)), runner_(pool, arena, options_.make_room) {
  driver_ = std::thread([this] { driver_main(); });
}

Scheduler::~Scheduler() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  work_cv_.notify_all();
  driver_.join();
}

void Scheduler::submit(std::shared_ptr<Job> job) {
  bool wake = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++n_open_;
    incoming_.push_back(std::move(job));
    wake = !driving_;
  }
  if (wake) work_cv_.notify_one();
}

void Scheduler::submit(std::shared_ptr<GenerationJob> job) {
  bool wake = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++n_open_;
    options_.generator->submit(std::move(job));
    wake = !driving_;
  }
  if (wake) work_cv_.notify_one();
}

void Scheduler::run(const std::shared_ptr<Job>& job) {
  std::unique_lock<std::mutex> lock(mutex_);
  ++n_open_;
  incoming_.push_back(job);
  if (!driving_) drive(lock, job.get());
  job->finished_cv.wait(lock, [&] { return job->finished; });
}

void Scheduler::driver_main() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    work_cv_.wait(lock, [&] { return !driving_ && (stopping_ || n_open_ > 0); });
    if (n_open_ == 0) return;
    drive(lock, nullptr);
  }
}

// Drives until there is no work, or until `until` is finished; then the driver thread takes over.
void Scheduler::drive(std::unique_lock<std::mutex>& lock, const Job* until) {
  driving_ = true;
  while (n_open_ > 0 && (until == nullptr || !until->finished)) {
    const std::vector<JobPtr> fresh = std::exchange(incoming_, {});
    cancel_all_ = stopping_;
    lock.unlock();
    accept(fresh);
    step();
    retire_finished();
    const int n_generated = generate();
    lock.lock();
    n_open_ -= n_generated;
  }
  driving_ = false;
  if (n_open_ > 0 || stopping_) work_cv_.notify_one();
}

void Scheduler::accept(const std::vector<JobPtr>& jobs) {
  for (const JobPtr& job : jobs) {
    auto& queues = queues_[job->priority == Priority::kInteractive ? 0 : 1];
    auto queue = std::find_if(queues.begin(), queues.end(),
                              [&](const JobQueue& q) { return q.model == job->model; });
    if (queue == queues.end())
      queue = queues.insert(queues.end(), {.model = job->model, .jobs = {}});
    QUERN_CHECK(!job->inputs.empty());
    job->queue = &*queue;
    job->position = queue->jobs.insert(queue->jobs.end(), job);
    job->n_left = job->inputs.size();
    job->response.outcomes.resize(job->inputs.size());
    book_.counters.n_queued += static_cast<int>(job->n_left);
    if (job->deadline) next_deadline_ = std::min(next_deadline_, *job->deadline);
    if (job->cancelled) sweep_->store(true);
  }
}

void Scheduler::step() {
  if (sweep_->exchange(false) || cancel_all_ || Clock::now() >= next_deadline_) sweep();
  retire_finished();
  std::list<JobQueue>* queues = pick_priority();
  if (queues == nullptr) return;
  queues->splice(queues->end(), *queues, queues->begin());  // The next model is next.
  JobQueue& queue = queues->back();
  const std::shared_ptr<const Servable> model = queue.model;
  const int batch_tokens =
      options_.batch_tokens > 0 ? options_.batch_tokens : model->batch_tokens();

  encode_ahead(queue, batch_tokens, pool_, book_);
  std::vector<Candidate> batch = next_batch(queue, batch_tokens);
  if (batch.empty()) return;  // None of the inputs could be encoded.
  runner_.run(*model, batch, book_);
  remove_batch(queue, batch);
}

// One step of the generator; returns how many of its jobs ended.
int Scheduler::generate() {
  if (options_.generator == nullptr) return 0;
  if (cancel_all_) options_.generator->cancel_all();
  return options_.generator->step();
}

// Ends the jobs that were cancelled or are late. Rare, so it may look at every job.
void Scheduler::sweep() {
  const Clock::time_point now = Clock::now();
  next_deadline_ = Clock::time_point::max();
  for (std::list<JobQueue>& queues : queues_) {
    for (JobQueue& queue : queues) {
      for (const JobPtr& job : queue.jobs) {
        if (job->cancelled || cancel_all_) {
          book_.end(*job, {Code::kCancelled, "cancelled"});
        } else if (job->deadline && *job->deadline <= now) {
          book_.end(*job, too_late(*job));
        } else if (job->deadline) {
          next_deadline_ = std::min(next_deadline_, *job->deadline);
        }
      }
    }
  }
}

std::list<JobQueue>* Scheduler::pick_priority() {
  std::list<JobQueue>& interactive = queues_[0];
  std::list<JobQueue>& bulk = queues_[1];
  const bool bulk_is_due = !bulk.empty() && n_interactive_in_a_row_ >= kInteractiveInARow;
  if (!interactive.empty() && !bulk_is_due) {
    ++n_interactive_in_a_row_;
    return &interactive;
  }
  n_interactive_in_a_row_ = 0;
  return bulk.empty() ? nullptr : &bulk;
}

void Scheduler::retire_finished() {
  for (Job* job : book_.take_finished()) {
    JobQueue* queue = job->queue;
    const JobPtr keep = *job->position;
    queue->jobs.erase(job->position);
    if (queue->jobs.empty()) {
      queues_[job->priority == Priority::kInteractive ? 0 : 1].remove_if(
          [&](const JobQueue& q) { return &q == queue; });
    }
    job->model.reset();
    job->card.reset();
    answer(*job, std::move(job->response));
    job->bytes = Reservation();
    const std::lock_guard<std::mutex> lock(mutex_);
    job->finished = true;
    --n_open_;
    job->finished_cv.notify_all();
  }
}

}  // namespace quern::engine
