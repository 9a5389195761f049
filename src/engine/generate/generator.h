// The generating models' lanes: each with the sequences of one model.

#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "base/reclaimer.h"
#include "engine/generate/generator_lane.h"

namespace quern::engine {

/// Threads: accept and add_lanes from whoever drives the lanes; the rest from any.
class Generator : public Reclaimer {
 public:
  Generator(ThreadPool& pool, Arena& arena, ByteLedger& ledger, GeneratorOptions options);
  ~Generator() override;
  Generator(const Generator&) = delete;

  /// Can this model's heads be kept as the KV cache's type wants them? Errors: kUnsupported.
  Status check(const GenerativeModel& model) const;

  void submit(std::shared_ptr<GenerationJob> job);

  /// Hands what was submitted to its lane. Returns the first deadline of these, and raises `sweep`
  /// if one of them was cancelled on its way.
  Lane::Clock::time_point accept(std::atomic<bool>& sweep);

  void add_lanes(std::vector<std::shared_ptr<Lane>>& out) const;

  /// What lanes keep for later. Those without work go first, as a whole, and with them their hold
  /// on their models; then prefixes of the others, but for those in the midst of a step.
  std::size_t reclaimable_bytes() override;
  void reclaim(std::size_t bytes) override;

  /// Drops the lane of these weights, with all it keeps, if it is idle: nothing of ours holds them
  /// any more.
  void let_go(const LoadedWeights& weights);

  const GenerationCounters& counters() const { return parts_.counters; }

 private:
  using JobPtr = std::shared_ptr<GenerationJob>;
  using LanePtr = std::shared_ptr<GeneratorLane>;

  GeneratorLane& lane_of(const JobPtr& job);
  bool drop_idle_lane(const LoadedWeights* of = nullptr);
  bool reclaim_from_lanes();

  GeneratorParts parts_;

  mutable std::mutex mutex_;  // Guards these.
  std::vector<JobPtr> incoming_;
  std::vector<LanePtr> lanes_;

  const ByteLedger::Registration registration_{parts_.ledger, ReclaimRank::kResults, *this};
};

}  // namespace quern::engine
