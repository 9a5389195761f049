// The way of a request for text to the scheduler: its prompt becomes tokens, and what it will hold
// is booked in the ledger.

#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>

#include "base/byte_ledger.h"
#include "engine/engine.h"
#include "engine/generate/generator.h"
#include "engine/model_pool.h"
#include "engine/scheduler.h"

namespace quern::engine {

/// Cancels a generation at any time: also before there is a job.
class GenerationTicket : public Ticket {
 public:
  explicit GenerationTicket(std::shared_ptr<std::atomic<bool>> sweep) : sweep_(std::move(sweep)) {}

  void cancel() override;
  void attach(const std::shared_ptr<GenerationJob>& job);
  bool is_cancelled() const { return cancelled_; }

 private:
  const std::shared_ptr<std::atomic<bool>> sweep_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::shared_ptr<GenerationJob> job_;
};

struct PendingGeneration {
  GenerateRequest request;
  OnDelta on_delta;
  OnGenerated done;
  std::shared_ptr<GenerationTicket> ticket;
  std::chrono::steady_clock::time_point submitted = std::chrono::steady_clock::now();
};

/// Threads: any; of one generation one at a time.
class GenerationAdmission {
 public:
  GenerationAdmission(ByteLedger& ledger, Generator& generator, Scheduler& scheduler)
      : ledger_(ledger), generator_(generator), scheduler_(scheduler) {}

  /// Hands it to the scheduler, or refuses it. False where there is no memory for it now, and
  /// nobody is to wait for any: nothing was done.
  bool start(PendingGeneration& pending, const LoadedModel& model,
             std::chrono::milliseconds patience);

 private:
  ByteLedger& ledger_;
  Generator& generator_;
  Scheduler& scheduler_;
};

GenerateResult not_generated(Status status);

/// kBadInput: this model generates no text.
Status not_generative(const ModelCard& card);

}  // namespace quern::engine
