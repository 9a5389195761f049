// Runs the sequences of generating models together: prompts in chunks beside the single tokens of
// running answers, one forward pass per step, joining and leaving between steps.

#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "base/thread_pool.h"
#include "engine/arena.h"
#include "engine/generate/generation_job.h"
#include "engine/generate/prefix_cache.h"

namespace quern::engine {

struct GeneratorOptions {
  int max_sequences = 16;        // Of one model at once; more wait.
  int reserved_ahead = 256;      // Positions reserved for an answer when it starts.
  int prompt_chunk = 512;        // Prompt tokens in a step while nobody waits for a next token.
  std::size_t max_prefixes = 8;  // Beginnings kept for reuse, of each model.
  kernels::KvType kv = kernels::KvType::kF16;
  std::function<bool(std::size_t bytes)> make_room = {};  // As of BatchRunner.
};

/// Counters since the start. Written by whoever drives, read by anyone.
struct GenerationCounters {
  std::atomic<long> n_requests{0}, n_prompt_tokens{0}, n_cached_tokens{0}, n_tokens{0};
  std::atomic<long> n_steps{0}, n_set_back{0}, n_failed{0};
  std::atomic<long> busy_ns{0};
  std::atomic<int> n_running{0}, n_waiting{0};
};

/// Threads: submit and counters from any; step by one at a time.
class Generator {
 public:
  Generator(ThreadPool& pool, Arena& arena, ByteLedger& ledger, GeneratorOptions options);
  ~Generator();

  /// Can this model's heads be kept as the KV cache's type wants them? Errors: kUnsupported.
  Status check(const GenerativeModel& model) const;

  void submit(std::shared_ptr<GenerationJob> job);

  /// Runs one step of one model, if there is anything to do. Returns how many jobs ended; their
  /// done() was called, once each, with no lock held.
  int step();

  /// Ends every job with kCancelled at the next step.
  void cancel_all() { cancel_all_ = true; }

  /// Gives back pages and prefixes that no running sequence needs, from any thread: at the next
  /// step, or at once when nothing runs.
  void release_idle();

  const GenerationCounters& counters() const { return counters_; }

 private:
  using JobPtr = std::shared_ptr<GenerationJob>;
  struct Lane;
  struct Batch;

  Lane& lane_of(const JobPtr& job);
  void accept();
  int sweep();
  int run_lane(Lane& lane);
  void admit(Lane& lane);
  bool start(Lane& lane, const JobPtr& job);
  Batch compose(Lane& lane);
  bool reserve(Lane& lane, GenerationJob& job, int n_positions);
  bool set_back_one(Lane& lane, const GenerationJob& needy, const Batch& batch);
  Result<Arena::Lease> fit(Lane& lane, Batch& batch);
  bool forward(Lane& lane, Batch& batch);
  void adapt_chunk(Lane& lane, const Batch& batch, double seconds);
  void tell_prompt(GenerationJob& job, int first, Matrix<const float> logits);
  void deliver(Lane& lane, GenerationJob& job, std::span<float> logits);
  void slide(Lane& lane, GenerationJob& job);
  void finish(Lane& lane, GenerationJob& job, Status status, FinishReason reason);
  int retire(Lane& lane);

  ThreadPool& pool_;
  Arena& arena_;
  ByteLedger& ledger_;
  const GeneratorOptions options_;

  std::mutex mutex_;  // Guards incoming_.
  std::vector<JobPtr> incoming_;
  std::atomic<bool> cancel_all_{false};
  std::atomic_flag driving_;  // Set within step() and release_idle().

  std::list<std::unique_ptr<Lane>> lanes_;  // The front one is next.
  GenerationCounters counters_;
};

}  // namespace quern::engine
