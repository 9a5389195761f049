// Questions that are answered while their askers look in now and then: ScholarQA's tasks.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "serve/collections/search_threads.h"

namespace quern::serve {

/// A stage of an answer, as people read it.
struct QaStep {
  std::string description;
  double started_s = 0;                   // Since 1970,
  std::optional<double> expected_s = {};  // likewise: when it may be done.
};

/// A task at some moment. Finished where there is a result and `is_over`; failed where `status`
/// says so.
struct QaTask {
  std::string id;
  std::string query;
  std::vector<QaStep> steps = {};  // One at least: STARTED.
  std::string result = {};    // JSON; "": none yet. As far as it is written, while it is not over.
  std::string estimate = {};  // "~1 minute"
  bool is_over = false;
  Status status = {};
};

/// What whoever answers says meanwhile. Threads: the answering one.
class QaReport {
 public:
  virtual ~QaReport() = default;
  /// The next stage begins, and will take about so long.
  virtual void step(std::string description, std::optional<double> seconds) = 0;
  /// What is written so far, as JSON.
  virtual void partial(std::string result) = 0;
  /// How long all of it will take from its start.
  virtual void estimate(double seconds) = 0;
  /// Nobody waits any more, or not longer.
  virtual bool is_stopped() const = 0;
};

/// Answers a question with its result as JSON.
using AnswerQuestion =
    std::function<Result<std::string>(const std::string& query, QaReport& report)>;

struct QaLimits {
  int n_threads = 2;            // Questions that are answered at a time.
  std::size_t n_waiting = 100;  // Others, at most.
  std::size_t n_kept = 256;     // Tasks that are over; the oldest is forgotten first.
  std::chrono::milliseconds patience{240'000};  // With one; then it has failed.
};

/// Threads: any. Its end waits for the answers under way, which are told to stop.
class QaTasks {
 public:
  QaTasks(AnswerQuestion answer, const QaLimits& limits);
  ~QaTasks();
  QaTasks(const QaTasks&) = delete;
  QaTasks& operator=(const QaTasks&) = delete;

  /// Errors: kUnavailable where too many wait.
  Result<QaTask> start(std::string query);

  /// Nothing where there is no such task, or none any more.
  std::optional<QaTask> find(const std::string& id);

 private:
  struct Entry;
  class Report;

  void run(Entry& entry);
  void finish(Entry& entry, Result<std::string> result);

  const AnswerQuestion answer_;
  const QaLimits limits_;
  std::atomic<bool> is_stopping_{false};

  std::mutex mutex_;  // Guards these, and what entries hold.
  std::map<std::string, std::shared_ptr<Entry>> entries_;
  std::deque<std::string> over_;  // Ids, the oldest first.
  std::size_t n_open_ = 0;        // That wait or run.

  std::unique_ptr<SearchThreads> threads_;  // Last: they use the others.
};

}  // namespace quern::serve
