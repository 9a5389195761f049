// Runs one batch: finds memory for it, calls the model, enters the outcomes.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "engine/arena.h"
#include "engine/job_queue.h"
#include "engine/lane.h"

namespace quern::engine {

class BatchRunner {
 public:
  BatchRunner(ThreadPool& pool, Arena& arena) : pool_(pool), arena_(arena) {}

  struct Pass {
    Clock::duration took{};  // What it let others do in its midst not counted.
    int n_tokens = 0;
  };

  /// Runs the longest front part of `batch` that memory allows, and makes `batch` what got an
  /// outcome: an input that does not fit even alone fails alone with kExhausted; inputs of the
  /// queue that are equal to one that ran have its result. A pass that Pace::current() stopped
  /// leaves all as cancelled.
  ///
  /// Returns nothing where it is to wait for memory, and nothing was done.
  std::optional<Pass> run(JobQueue& queue, std::vector<Candidate>& batch, Shortage shortage,
                          OutcomeBook& book);

 private:
  Result<Arena::Lease> fit(const Servable& model, std::vector<Candidate>& batch, Shortage shortage);
  Clock::duration forward(const Servable& model, const OutputForm& form, Matrix<float> out,
                          std::span<std::byte> scratch);
  void lay_out(const std::vector<Candidate>& batch);
  void enter(const Candidate& c, Outcome outcome, const Pass& pass, OutcomeBook& book,
             OutcomeBook::Origin origin = OutcomeBook::Origin::kModel);
  void enter_made(const Candidate& c, Matrix<const float> made, const Pass& pass,
                  OutcomeBook& book);
  void share(const Twins& twins, const Candidate& made_for, Matrix<const float> made,
             const Pass& pass, std::vector<Candidate>& batch, OutcomeBook& book);

  ThreadPool& pool_;
  Arena& arena_;

  Clock::time_point start_;  // Of the last pass.

  // The rows of the batch; kept, so that a small one allocates nothing.
  std::vector<std::int32_t> ids_, seq_starts_, n_unpooled_, n_seen_;
  std::vector<std::uint8_t> type_ids_;
};

}  // namespace quern::engine
