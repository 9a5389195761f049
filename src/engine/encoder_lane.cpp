#include "engine/encoder_lane.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace quern::engine {
namespace {

// Batches of bulk work, so that a turn of theirs ends before long even where nobody can go first
// in their middle; and what they hold of it at least, or products would be read for few rows.
constexpr double kBulkStepMs = 100;
constexpr int kLeastBatchTokens = 256;
// Of a streamed model, a batch takes so many times as long as reading the weights, which takes a
// processor from it where the system has the file in memory; the first batch is of so many tokens,
// and none of more than so many.
constexpr double kHidingMargin = 24;
constexpr int kFirstHidingTokens = 1024;
constexpr int kMostHidingTokens = 8192;

Status too_late(const Job& job) {
  const auto waited =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - job.submitted);
  const std::size_t n_inputs = job.response.outcomes.size();
  return {Code::kDeadline, fmt::format("the deadline passed after {} ms with {} of {} inputs done",
                                       waited.count(), n_inputs - job.n_left, n_inputs)};
}

}  // namespace

EncoderLane::EncoderLane(std::shared_ptr<const Servable> model, WorkClass work_class,
                         const EncoderLaneParts& parts)
    : work_class_(work_class),
      parts_(parts),
      queue_{.model = std::move(model), .jobs = {}},
      book_(parts.counters, parts.pool),
      runner_(parts.pool, parts.arena) {}

void EncoderLane::add(const std::shared_ptr<Job>& job) {
  QUERN_CHECK(!job->inputs.empty());
  job->position = queue_.jobs.insert(queue_.jobs.end(), job);
  open_outcomes(*job);
  parts_.counters.n_queued += static_cast<int>(job->n_left);
  find_waiting(*job, book_);  // Answered with the next step.
}

int EncoderLane::n_interactive() const {
  return work_class_ == WorkClass::kInteractive ? static_cast<int>(queue_.jobs.size()) : 0;
}

// Of a streamed model: all its weights are read for each batch, which takes so long to compute.
int EncoderLane::tokens_that_hide_reading() const {
  const models::SectionStream* stream = queue_.model->stream();
  if (stream == nullptr) return 0;
  const models::SectionStream::Stats stats = stream->stats();
  if (stats.n_read_bytes == 0 || tokens_per_ms_ == 0) return kFirstHidingTokens;
  const double read_ms = 1e3 * stats.read_seconds * static_cast<double>(stream->passing_bytes()) /
                         static_cast<double>(stats.n_read_bytes);
  const double n = read_ms * tokens_per_ms_ * kHidingMargin;
  return static_cast<int>(std::min<double>(n, kMostHidingTokens));
}

int EncoderLane::batch_budget() const {
  if (parts_.batch_tokens > 0) return parts_.batch_tokens;
  const int wanted = std::max(queue_.model->batch_tokens(), tokens_that_hide_reading());
  if (queue_.model->stream() != nullptr) return wanted;
  if (work_class_ == WorkClass::kInteractive || tokens_per_ms_ == 0) return wanted;
  const auto in_time = static_cast<int>(std::min(tokens_per_ms_ * kBulkStepMs, 1e9));
  return std::min(wanted, std::max(in_time, kLeastBatchTokens));
}

Lane::Clock::time_point EncoderLane::ready_at() const {
  if (parts_.min_texts <= 1 || queue_.jobs.empty()) return Clock::time_point::min();
  std::size_t n_waiting = 0;
  for (const auto& job : queue_.jobs) n_waiting += job->n_left;
  return gather_until(parts_.recent.find(queue_.model.get(), work_class_),
                      static_cast<int>(std::min<std::size_t>(n_waiting, 1 << 20)),
                      parts_.min_texts);
}

void EncoderLane::remember_pass(Clock::duration took) {
  std::vector<const Job*> jobs;
  for (const Candidate& c : batch_) jobs.push_back(c.job);
  std::sort(jobs.begin(), jobs.end());
  const auto n_jobs = std::unique(jobs.begin(), jobs.end()) - jobs.begin();
  parts_.recent.enter({.model = queue_.model.get(),
                       .work_class = work_class_,
                       .end = Clock::now(),
                       .took = took,
                       .n_requests = static_cast<int>(n_jobs)});
}

Turn EncoderLane::step(Shortage shortage) {
  const int budget = batch_budget();
  encode_ahead(queue_, budget, parts_.pool, book_);
  choose_lead(queue_, Clock::now());
  batch_ = next_batch(queue_, budget, parts_.max_texts);
  Turn turn = Turn::kDone;
  if (!batch_.empty()) {  // Empty where none of the inputs could be encoded.
    const models::SectionStream* stream = queue_.model->stream();
    const auto before = stream == nullptr ? models::SectionStream::Stats() : stream->stats();
    const auto pass = runner_.run(queue_, batch_, shortage, book_);
    if (pass) {
      measure(pass->n_tokens, pass->took, before);
      if (parts_.min_texts > 1) remember_pass(pass->took);
      remove_batch(queue_, batch_);
    } else {
      turn = Turn::kNoRoom;
    }
    batch_.clear();
  }
  retire_finished();
  return turn;
}

// Waiting for weights is no part of what tokens take.
void EncoderLane::measure(int n_tokens, Clock::duration took,
                          const models::SectionStream::Stats& before) {
  double ms = std::chrono::duration<double, std::milli>(took).count();
  if (const models::SectionStream* stream = queue_.model->stream()) {
    ms -= 1e3 * (stream->stats().waited_seconds - before.waited_seconds);
  }
  if (ms > 0) tokens_per_ms_ = n_tokens / ms;
}

bool EncoderLane::is_unwanted() const {
  return !batch_.empty() && std::all_of(batch_.begin(), batch_.end(),
                                        [](const Candidate& c) { return c.job->cancelled.load(); });
}

// Rare, so it may look at every job.
Lane::Clock::time_point EncoderLane::sweep(Sweep which) {
  const Clock::time_point now = Clock::now();
  Clock::time_point next = Clock::time_point::max();
  for (const std::shared_ptr<Job>& job : queue_.jobs) {
    if (job->cancelled || which == Sweep::kAll) {
      book_.end(*job, {Code::kCancelled, "cancelled"});
    } else if (job->deadline && *job->deadline <= now) {
      book_.end(*job, too_late(*job));
    } else if (job->deadline) {
      next = std::min(next, *job->deadline);
    }
  }
  retire_finished();
  return next;
}

void EncoderLane::retire_finished() {
  for (Job* job : book_.take_finished()) {
    const std::shared_ptr<Job> keep = *job->position;
    queue_.jobs.erase(job->position);
    job->card.reset();
    job->model.reset();
    // Who has the answer may need the memory: nothing of ours keeps the weights any more.
    if (queue_.jobs.empty()) queue_.model.reset();
    job->bytes = Reservation();
    answer(*job, std::move(job->response));
  }
}

}  // namespace quern::engine
