#include "engine/generate/generator.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace quern::engine {

Generator::Generator(ThreadPool& pool, Arena& arena, ByteLedger& ledger, GeneratorOptions options)
    : parts_{.pool = pool,
             .arena = arena,
             .ledger = ledger,
             .options = std::move(options),
             .counters = {}} {}

Generator::~Generator() = default;

Status Generator::check(const GenerativeModel& model) const {
  constexpr int kScaled = 32;  // Numbers that share a scale in q8_0.
  const int d_head = model.decoder.config.d_head;
  if (parts_.options.kv != kernels::KvType::kQ8_0 || d_head % kScaled == 0) return {};
  return {Code::kUnsupported,
          fmt::format("a q8_0 KV cache needs heads of a multiple of {} numbers, those of '{}' have "
                      "{}: use f16",
                      kScaled, model.card->name, d_head)};
}

void Generator::submit(JobPtr job) {
  ++parts_.counters.n_requests;
  ++parts_.counters.n_waiting;
  const std::lock_guard<std::mutex> lock(mutex_);
  incoming_.push_back(std::move(job));
}

Lane::Clock::time_point Generator::accept(std::atomic<bool>& sweep) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Lane::Clock::time_point first = Lane::Clock::time_point::max();
  for (const JobPtr& job : incoming_) {
    lane_of(job).add(job);
    if (job->request.deadline) first = std::min(first, *job->request.deadline);
    if (job->cancelled) sweep = true;
  }
  incoming_.clear();
  return first;
}

// With the mutex held.
GeneratorLane& Generator::lane_of(const JobPtr& job) {
  for (const LanePtr& lane : lanes_) {
    if (lane->model() == job->model) return *lane;
  }
  lanes_.push_back(std::make_shared<GeneratorLane>(job->model, parts_));
  return *lanes_.back();
}

void Generator::add_lanes(std::vector<std::shared_ptr<Lane>>& out) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  out.insert(out.end(), lanes_.begin(), lanes_.end());
}

std::size_t Generator::reclaimable_bytes() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t n = 0;
  for (const LanePtr& lane : lanes_) n += lane->reclaimable_bytes();
  return n;
}

void Generator::reclaim(std::size_t bytes) {
  const ByteLedger& ledger = parts_.ledger;
  const std::size_t n_used = ledger.used_bytes();
  const auto is_enough = [&] { return n_used - std::min(n_used, ledger.used_bytes()) >= bytes; };
  while (!is_enough() && (drop_idle_lane() || reclaim_from_lanes())) continue;
}

void Generator::let_go(const LoadedWeights& weights) { drop_idle_lane(&weights); }

// Of these weights, or any.
bool Generator::drop_idle_lane(const LoadedWeights* of) {
  LanePtr lane;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto idle = std::find_if(lanes_.begin(), lanes_.end(), [&](const LanePtr& l) {
      return l->is_idle() && (of == nullptr || l->model().get() == of);
    });
    if (idle == lanes_.end()) return false;
    lane = std::move(*idle);
    lanes_.erase(idle);
  }
  // At once, even where whoever drives holds it for a moment longer.
  while (lane->reclaim_some()) continue;
  return true;
}

bool Generator::reclaim_from_lanes() {
  const std::lock_guard<std::mutex> lock(mutex_);
  bool any = false;
  for (const LanePtr& lane : lanes_) any = lane->reclaim_some() || any;
  return any;
}

}  // namespace quern::engine
