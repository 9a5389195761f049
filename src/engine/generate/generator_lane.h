// The sequences of one generating model. A step is one forward pass: the last token of each running
// answer beside chunks of prompts; sequences join and leave between steps.

#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/thread_pool.h"
#include "engine/arena.h"
#include "engine/generate/delivery.h"
#include "engine/generate/page_supply.h"
#include "engine/lane.h"
#include "models/decoder.h"

namespace quern::engine {

struct GeneratorOptions {
  int max_sequences = 16;        // Of one model at once; more wait.
  int reserved_ahead = 256;      // Positions reserved for an answer when it starts.
  int prompt_chunk = 512;        // Prompt tokens in a step while nobody waits for a next token.
  std::size_t max_prefixes = 8;  // Beginnings kept for reuse, of each model.
  kernels::KvType kv = kernels::KvType::kF16;
};

/// Counters since the start. Written by whoever drives, read by anyone.
struct GenerationCounters {
  std::atomic<long> n_requests{0}, n_prompt_tokens{0}, n_cached_tokens{0}, n_tokens{0};
  std::atomic<long> n_steps{0}, n_set_back{0}, n_failed{0};
  std::atomic<long> busy_ns{0};
  std::atomic<int> n_running{0}, n_waiting{0};
};

/// What all lanes of generating models share.
struct GeneratorParts {
  ThreadPool& pool;
  Arena& arena;
  ByteLedger& ledger;
  const GeneratorOptions options;
  GenerationCounters counters;
};

/// Held during a call. Unlike a mutex, it may also be tried by the thread that holds it.
class CallLock {
 public:
  void lock();
  bool try_lock() { return !held_.exchange(true); }
  void unlock();
  bool is_held() const { return held_; }

 private:
  std::atomic<bool> held_{false};
};

/// Threads: is_idle, reclaimable_bytes and reclaim_some from any; the rest as Lane.
class GeneratorLane : public Lane {
 public:
  using JobPtr = std::shared_ptr<GenerationJob>;

  GeneratorLane(std::shared_ptr<const GenerativeModel> model, GeneratorParts& parts);

  const std::shared_ptr<const GenerativeModel>& model() const { return model_; }
  void add(const JobPtr& job);

  bool has_work() const override { return n_open_ > 0; }
  int n_interactive() const override { return n_interactive_; }
  Turn step(Shortage shortage) override;
  bool is_unwanted() const override;
  Clock::time_point sweep(Sweep which) override;

  /// Nothing waits or runs, and no call is under way: the lane may go, with what it keeps.
  bool is_idle() const { return n_open_ == 0 && !in_call_.is_held(); }

  /// What is kept for later, and, of a lane that is idle, the weights that only it still uses.
  /// Nothing in the midst of a call.
  std::size_t reclaimable_bytes();

  /// Lets some of what is kept go; false if there is nothing.
  bool reclaim_some();

 private:
  struct Batch {
    std::vector<models::DecoderStep> steps;
    std::vector<JobPtr> jobs;     // Of each step, and
    std::vector<bool> is_prompt;  // whether it carries more than an answer's last token.

    int n_rows() const;
    int n_logits() const;
    int n_prompt_rows() const;
    void drop_last();
  };

  Status take_pages(GenerationJob& job, int n_positions);
  Status check_fits(int n_context);
  void admit(Shortage shortage);
  bool start(const JobPtr& job, Shortage shortage);
  void compose(Shortage shortage);
  bool set_back_one(const GenerationJob& needy);
  Result<Arena::Lease> fit(Shortage shortage);
  Turn forward(Shortage shortage);
  void adapt_chunk(double seconds);
  void deliver(GenerationJob& job, std::span<float> logits);
  void slide(GenerationJob& job);
  void finish(GenerationJob& job, Status status, FinishReason reason);
  void fail(const JobPtr& job, Status status);
  void retire();

  const std::shared_ptr<const GenerativeModel> model_;
  GeneratorParts& parts_;
  models::KvPool kv_;
  PrefixCache prefixes_;
  PageSupply pages_;
  Delivery delivery_;

  std::deque<JobPtr> waiting_;   // Those that were set back are at the front.
  std::vector<JobPtr> running_;  // In the order of their admission.
  std::vector<JobPtr> ended_;    // Their callbacks are due.
  Batch batch_;                  // That runs.
  std::atomic<int> n_open_{0};   // Of all these.
  CallLock in_call_;
  int n_interactive_ = 0;
  int n_shown_running_ = 0;  // As counted in the counters.

  /// Why the first that waits still does: tried again when something has changed.
  struct Refusal {
    const GenerationJob* job;
    long n_left;
    std::size_t free_bytes;
    bool operator==(const Refusal&) const = default;
  };
  std::optional<Refusal> refusal_;
  long n_left_ = 0;  // Sequences that ever left `running_`.

  int chunk_;                  // Prompt tokens beside running answers.
  double decode_seconds_ = 0;  // Of a step without prompts, smoothed.
};

}  // namespace quern::engine
