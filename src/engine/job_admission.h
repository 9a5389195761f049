// The way of a request to the scheduler: checked by what is known of its model, booked in the
// ledger, answered from kept results where all of them are there, and given the weights.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "base/byte_ledger.h"
#include "base/thread_pool.h"
#include "engine/cache/result_cache.h"
#include "engine/engine.h"
#include "engine/job.h"
#include "engine/keep_alive.h"
#include "engine/model_pool.h"

namespace quern::engine {

enum class Admission {
  kDone,
  kAnswered,  // Refused, or there was nothing to do.
  kLater,     // There is no memory for it now, and nobody is to wait for any: it is as it was.
};

/// Threads: any; of one job one at a time.
class JobAdmission {
 public:
  /// `results`: nullptr where none are kept.
  JobAdmission(ByteLedger& ledger, ThreadPool& pool, ModelPool& models, ResultCache* results,
               Counters& counters)
      : ledger_(ledger), pool_(pool), models_(models), results_(results), counters_(counters) {}

  /// Checked and booked, all but the weights: of kDone, the request's parts are the job's.
  Admission admit(Job& job, Request& request, const std::shared_ptr<const ModelCard>& card,
                  std::chrono::milliseconds patience);

  /// Inputs in order until `is_enough`, without weights: true where all have been answered, and the
  /// job with them. Then that was a use of the model too.
  bool answer_found(Job& job, std::optional<KeepAlive> keep_alive,
                    const std::function<bool()>& is_enough);

  /// False where an input has no outcome yet.
  bool answer_if_done(Job& job);

  /// With the weights: whatever has no answer yet is computed. False where the model is another one
  /// than the job was admitted for: it was answered.
  bool take_weights(Job& job, const LoadedModel& model);

 private:
  void set_context(Job& job, const std::shared_ptr<const LoadedWeights>& weights);

  ByteLedger& ledger_;
  ThreadPool& pool_;
  ModelPool& models_;
  ResultCache* const results_;
  Counters& counters_;
};

/// Any request's answer where it failed as a whole.
Response failed(Status status);

/// `done`, and the model counts as used until it was called.
template <typename Answer>
std::function<void(Answer)> using_model(ModelUses::UsePtr use, std::function<void(Answer)> done) {
  return [use = std::move(use), done = std::move(done)](Answer answer) { done(std::move(answer)); };
}

}  // namespace quern::engine
