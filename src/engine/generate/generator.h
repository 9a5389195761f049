// The generating models' lanes: each with the sequences of one model.

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/generate/generator_lane.h"

namespace quern::engine {

/// Threads: submit, release_idle, check and counters from any; accept and add_lanes from whoever
/// drives the lanes.
class Generator {
 public:
  Generator(ThreadPool& pool, Arena& arena, ByteLedger& ledger, GeneratorOptions options);
  ~Generator();

  /// Can this model's heads be kept as the KV cache's type wants them? Errors: kUnsupported.
  Status check(const GenerativeModel& model) const;

  void submit(std::shared_ptr<GenerationJob> job);

  /// Hands what was submitted to its lane. Returns the first deadline of these, and raises `sweep`
  /// if one of them was cancelled on its way.
  Lane::Clock::time_point accept(std::atomic<bool>& sweep);

  void add_lanes(std::vector<std::shared_ptr<Lane>>& out) const;

  /// Gives back, at once, what lanes without work keep: pages, prefixes, and their models.
  void release_idle();

  const GenerationCounters& counters() const { return parts_.counters; }

 private:
  using JobPtr = std::shared_ptr<GenerationJob>;
  using LanePtr = std::shared_ptr<GeneratorLane>;

  GeneratorLane& lane_of(const JobPtr& job);
  std::vector<LanePtr> take_idle(const GenerativeModel* except);
  KeptPages kept_beside(const GenerativeModel* model);

  GeneratorParts parts_;

  mutable std::mutex mutex_;  // Guards these.
  std::vector<JobPtr> incoming_;
  std::vector<LanePtr> lanes_;
};

}  // namespace quern::engine
