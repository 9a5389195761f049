#include "serve/scholar_qa/qa_tasks.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "base/unix_time.h"
#include "serve/random_id.h"

namespace quern::serve {
namespace {

using SteadyClock = std::chrono::steady_clock;

double now_s() { return static_cast<double>(unix_ms_now()) / 1000; }

std::string minutes_text(double seconds) {
  const long minutes = std::max(1L, std::lround(seconds / 60));
  return minutes == 1 ? "~1 minute" : fmt::format("~{} minutes", minutes);
}

Status timed_out(const QaLimits& limits) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits.patience);
  return {Code::kDeadline, fmt::format("the task timed out after {} seconds", seconds.count())};
}

}  // namespace

struct QaTasks::Entry {
  QaTask task;
  SteadyClock::time_point deadline;

  bool is_late() const { return SteadyClock::now() >= deadline; }
};

/// Writes into an entry what is said of it, until it is over.
class QaTasks::Report : public QaReport {
 public:
  Report(QaTasks& tasks, Entry& entry) : tasks_(tasks), entry_(entry) {}

  void step(std::string description, std::optional<double> seconds) override {
    const double now = now_s();
    QaStep step = {.description = std::move(description), .started_s = now};
    if (seconds) step.expected_s = now + *seconds;
    change([&](QaTask& task) { task.steps.push_back(std::move(step)); });
  }
  void partial(std::string result) override {
    change([&](QaTask& task) { task.result = std::move(result); });
  }
  void estimate(double seconds) override {
    change([&](QaTask& task) { task.estimate = minutes_text(seconds); });
  }
  bool is_stopped() const override { return tasks_.is_stopping_ || entry_.is_late(); }

 private:
  template <typename Change>
  void change(const Change& change) {
    const std::lock_guard lock(tasks_.mutex_);
    if (!entry_.task.is_over) change(entry_.task);
  }

  QaTasks& tasks_;
  Entry& entry_;
};

QaTasks::QaTasks(AnswerQuestion answer, const QaLimits& limits)
    : answer_(std::move(answer)),
      limits_(limits),
      threads_(std::make_unique<SearchThreads>(limits.n_threads)) {}

QaTasks::~QaTasks() {
  is_stopping_ = true;
  threads_.reset();
}

Result<QaTask> QaTasks::start(std::string query) {
  auto entry = std::make_shared<Entry>();
  const double patience_s = std::chrono::duration<double>(limits_.patience).count();
  const double now = now_s();
  entry->task.id = random_uuid();
  entry->task.query = std::move(query);
  entry->task.steps = {
      {.description = "STARTED", .started_s = now, .expected_s = now + patience_s}};
  entry->task.estimate = minutes_text(0);
  entry->deadline = SteadyClock::now() + limits_.patience;
  QaTask started;
  {
    const std::lock_guard lock(mutex_);
    if (n_open_ >= limits_.n_waiting + static_cast<std::size_t>(limits_.n_threads)) {
      return {Code::kUnavailable, fmt::format("{} questions wait to be answered", n_open_)};
    }
    ++n_open_;
    entries_.emplace(entry->task.id, entry);
    started = entry->task;
  }
  threads_->add([this, entry] { run(*entry); });
  return started;
}

void QaTasks::run(Entry& entry) {
  Report report(*this, entry);
  if (report.is_stopped()) return finish(entry, Status(Code::kCancelled, "it was stopped"));
  try {
    finish(entry, answer_(entry.task.query, report));
  } catch (const std::exception& e) {
    finish(entry, Status(Code::kIo, fmt::format("internal error: {}", e.what())));
  }
}

void QaTasks::finish(Entry& entry, Result<std::string> result) {
  const std::lock_guard lock(mutex_);
  --n_open_;
  over_.push_back(entry.task.id);
  while (over_.size() > limits_.n_kept) {
    entries_.erase(over_.front());
    over_.pop_front();
  }
  if (entry.task.is_over) return;  // Its time was up before.
  entry.task.is_over = true;
  entry.task.status = result.ok() || !entry.is_late() ? result.status() : timed_out(limits_);
  if (result.ok()) entry.task.result = std::move(*result);
}

std::optional<QaTask> QaTasks::find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return {};
  Entry& entry = *found->second;
  if (!entry.task.is_over && entry.is_late()) {
    entry.task.is_over = true;
    entry.task.status = timed_out(limits_);
  }
  return entry.task;
}

}  // namespace quern::serve
