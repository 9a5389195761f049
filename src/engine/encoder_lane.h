// The jobs that wait for one encoder in one class of work; a step is one batch of their inputs.

#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "engine/batch_runner.h"
#include "engine/gather.h"
#include "engine/job_queue.h"
#include "engine/lane.h"

namespace quern::engine {

/// What all encoder lanes share.
struct EncoderLaneParts {
  ThreadPool& pool;
  Arena& arena;
  int batch_tokens = 0;                             // 0: as each model says.
  int min_texts = 1;                                // That a batch waits for: see gather.h.
  int max_texts = std::numeric_limits<int>::max();  // Of a batch.
  Counters& counters;
  RecentPasses& recent;
};

class EncoderLane : public Lane {
 public:
  EncoderLane(std::shared_ptr<const Servable> model, WorkClass work_class,
              const EncoderLaneParts& parts);

  const std::shared_ptr<const Servable>& model() const { return queue_.model; }
  WorkClass jobs_class() const { return work_class_; }
  void add(const std::shared_ptr<Job>& job);

  bool has_work() const override { return !queue_.jobs.empty(); }
  int n_interactive() const override;
  Clock::time_point ready_at() const override;
  Turn step(Shortage shortage) override;
  bool is_unwanted() const override;
  Clock::time_point sweep(Sweep which) override;

 private:
  int batch_budget() const;
  void remember_pass(Clock::duration took);
  int tokens_that_hide_reading() const;
  void measure(int n_tokens, Clock::duration took, const models::SectionStream::Stats& before);
  void retire_finished();

  const WorkClass work_class_;
  const EncoderLaneParts& parts_;
  JobQueue queue_;
  OutcomeBook book_;
  BatchRunner runner_;
  std::vector<Candidate> batch_;  // That runs.
  double tokens_per_ms_ = 0;      // As measured; 0 before the first batch.
};

}  // namespace quern::engine
