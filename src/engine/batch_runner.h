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

  /// Runs the longest front part of `batch` that memory allows, and cuts `batch` to what got an
  /// outcome: an input that does not fit even alone fails alone with kExhausted. A pass that
  /// Pace::current() stopped leaves all as cancelled.
  ///
  /// Returns the time of the pass, what it let others do in its midst not counted; nothing where
  /// it is to wait for memory, and nothing was done.
  std::optional<Clock::duration> run(const Servable& model, std::vector<Candidate>& batch,
                                     Shortage shortage, OutcomeBook& book);

 private:
  Result<Arena::Lease> fit(const Servable& model, std::vector<Candidate>& batch, Shortage shortage);
  Clock::duration forward(const Servable& model, const OutputForm& form, Matrix<float> out,
                          std::span<std::byte> scratch);
  void lay_out(const std::vector<Candidate>& batch);

  ThreadPool& pool_;
  Arena& arena_;

  // The rows of the batch; kept, so that a small one allocates nothing.
  std::vector<std::int32_t> ids_, seq_starts_, n_unpooled_, n_seen_;
  std::vector<std::uint8_t> type_ids_;
};

}  // namespace quern::engine
