// One accepted request on its way through the scheduler, and the book where outcomes are entered.

#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/byte_ledger.h"
#include "base/thread_pool.h"
#include "engine/cache/result_cache.h"
#include "engine/cache/result_key.h"
#include "engine/engine.h"
#include "engine/servable.h"

namespace quern::engine {

using Clock = std::chrono::steady_clock;

/// An input that has its token ids and waits for a batch.
struct Waiting {
  std::size_t i_input = 0;
  text::Encoding encoding;
  std::optional<ResultKey> key = {};  // Where its result is to be kept.
  bool in_batch = false;

  int n_tokens() const { return static_cast<int>(encoding.ids.size()); }
};

struct Job {
  // Set before the job is handed to the scheduler.
  std::vector<Input> inputs;  // Emptied one by one as they are encoded.
  Plan plan;
  WorkClass work_class = WorkClass::kInteractive;
  std::optional<Clock::time_point> deadline;
  Clock::time_point submitted = Clock::now();
  std::shared_ptr<const ModelCard> card;  // What inputs are encoded with.
  std::shared_ptr<const Servable> model;  // Held, so that the weights are not evicted.
  Reservation bytes;                      // For texts and results.
  std::function<void(Response)> done;
  ResultCache* results = nullptr;        // Where there is one for this request,
  std::optional<ResultContext> context;  // and its model's results can be told apart.

  std::atomic<bool> cancelled{false};  // Any thread.

  // From here on: only whoever drives the scheduler.
  Response response;            // outcomes has one slot per input from the start.
  std::deque<Waiting> waiting;  // Encoded inputs, oldest first.
  long n_waiting_tokens = 0;
  std::size_t next_input = 0;  // The first that is not encoded yet.
  std::size_t n_left = 0;      // Inputs without an outcome.
  bool started = false;        // Was any input in a batch yet?
  int n_overtaken = 0;         // Batches that went to a more urgent job while this one was next.
  long last_batch = 0;         // Number of the last batch with one of its inputs.
  std::list<std::shared_ptr<Job>>::iterator position;  // Among the jobs of its lane.
};

/// Delivers the answer, and lets go of what the callback holds. Once per job.
void answer(Job& job, Response response);

Outcome failed_outcome(Status status);

/// Makes a slot for each outcome, where that was not done yet.
void open_outcomes(Job& job);

/// Counters since the start. Written by whoever drives, read by anyone.
struct Counters {
  std::atomic<long> n_texts{0}, n_tokens{0}, n_batches{0}, n_failed{0}, n_truncated{0};
  std::atomic<long> busy_ns{0};
  std::atomic<int> n_queued{0};
};

/// Where outcomes are entered: counts them, and remembers the jobs that have their last one.
class OutcomeBook {
 public:
  OutcomeBook(Counters& counters, ThreadPool& pool) : counters_(counters), pool_(pool) {}

  /// Whether the model saw the input for it, or it was made before.
  enum class Origin { kModel, kCache };

  void enter(Job& job, std::size_t i_input, Outcome outcome, Origin origin = Origin::kModel);

  /// Enters `status` for every input that is not in a batch yet.
  void end(Job& job, const Status& status);

  std::vector<Job*> take_finished() { return std::exchange(finished_, {}); }

  Counters& counters() { return counters_; }

 private:
  Counters& counters_;
  ThreadPool& pool_;  // Scores of late interaction are computed here.
  std::vector<Job*> finished_;
};

}  // namespace quern::engine
