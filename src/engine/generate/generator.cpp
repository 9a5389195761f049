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
  lanes_.push_back(
      std::make_shared<GeneratorLane>(job->model, parts_, kept_beside(job->model.get())));
  return *lanes_.back();
}

void Generator::add_lanes(std::vector<std::shared_ptr<Lane>>& out) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  out.insert(out.end(), lanes_.begin(), lanes_.end());
}

// What the lanes beside a model's keep: those without work go as a whole.
KeptPages Generator::kept_beside(const GenerativeModel* model) {
  const auto n_bytes = [this, model] {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::size_t n = 0;
    for (const LanePtr& lane : lanes_) {
      if (lane->model().get() != model) n += lane->kept_bytes();
    }
    return n;
  };
  const auto give_up = [this, model] {
    if (!take_idle(model).empty()) return true;
    const std::lock_guard<std::mutex> lock(mutex_);
    bool any = false;
    for (const LanePtr& lane : lanes_) {
      if (lane->model().get() != model) any = lane->give_up() || any;
    }
    return any;
  };
  return {n_bytes, give_up};
}

// Their memory goes when the result does, with no lock held.
std::vector<Generator::LanePtr> Generator::take_idle(const GenerativeModel* except) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto idle = std::stable_partition(lanes_.begin(), lanes_.end(), [&](const LanePtr& lane) {
    return !lane->is_idle() || lane->model().get() == except;
  });
  std::vector<LanePtr> out(idle, lanes_.end());
  lanes_.erase(idle, lanes_.end());
  return out;
}

void Generator::release_idle() { take_idle(nullptr).clear(); }

}  // namespace quern::engine
