#include "base/profiler.h"

#include <algorithm>
#include <chrono>
#include <memory>

namespace quern {
namespace {

/// Written by one thread.
struct Ring {
  std::vector<StageRecord> records;
  std::atomic<std::uint64_t> n_written{0};
};

std::vector<std::unique_ptr<Ring>> rings;
std::atomic<int> n_claimed{0};
std::atomic<long> n_without_ring{0};
std::atomic<std::uint32_t> generation{0};  // Of start(): a ring of an earlier one is not ours.

struct Claim {
  std::uint32_t generation = 0;
  int ring = -1;
};
thread_local Claim claim;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int ring_of_this_thread() {
  const std::uint32_t current = generation.load(std::memory_order_acquire);
  if (claim.generation != current) {
    const int ring = n_claimed.fetch_add(1);
    claim = {.generation = current, .ring = ring < static_cast<int>(rings.size()) ? ring : -1};
  }
  return claim.ring;
}

struct StageFacts {
  const char* name;
  bool is_in_forward;
};
constexpr StageFacts kFacts[kStages] = {{"tokenise", false},
                                        {"result cache", false},
                                        {"forward pass", false},
                                        {"weights", true},
                                        {"embedding", true},
                                        {"norm", true},
                                        {"query, key, value", true},
                                        {"turn", true},
                                        {"attention", true},
                                        {"attention out", true},
                                        {"feed forward up", true},
                                        {"feed forward down", true},
                                        {"logits", true},
                                        {"pooling", false},
                                        {"sampling", false}};

}  // namespace

std::atomic<bool> Profiler::on_{false};

const char* stage_name(Stage stage) { return kFacts[static_cast<std::size_t>(stage)].name; }

bool is_in_forward(Stage stage) { return kFacts[static_cast<std::size_t>(stage)].is_in_forward; }

std::size_t Profiler::n_bytes(int n_rings, int n_records) {
  return static_cast<std::size_t>(n_rings) * static_cast<std::size_t>(n_records) *
         sizeof(StageRecord);
}

void Profiler::start(int n_rings, int n_records) {
  rings.clear();
  for (int i = 0; i < n_rings; ++i) {
    rings.push_back(std::make_unique<Ring>());
    rings.back()->records.resize(static_cast<std::size_t>(n_records));
  }
  n_claimed = 0;
  n_without_ring = 0;
  generation.fetch_add(1, std::memory_order_release);
  on_ = true;
}

void Profiler::stop() { on_ = false; }

std::vector<StageRecord> Profiler::take() {
  std::vector<StageRecord> out;
  for (std::size_t i = 0; i < rings.size(); ++i) {
    const Ring& ring = *rings[i];
    const std::uint64_t n = ring.n_written.load(std::memory_order_acquire);
    const std::uint64_t n_kept = std::min<std::uint64_t>(n, ring.records.size());
    for (std::uint64_t k = n - n_kept; k < n; ++k) {
      out.push_back(ring.records[k % ring.records.size()]);
      out.back().thread = static_cast<std::uint16_t>(i);
    }
  }
  return out;
}

long Profiler::n_lost() {
  long n = n_without_ring;
  for (const auto& ring : rings) {
    n += static_cast<long>(std::max<std::uint64_t>(ring->n_written, ring->records.size()) -
                           ring->records.size());
  }
  return n;
}

void Profiler::add(StageRecord record) {
  const int i = ring_of_this_thread();
  if (i < 0) {
    ++n_without_ring;
    return;
  }
  Ring& ring = *rings[static_cast<std::size_t>(i)];
  const std::uint64_t n = ring.n_written.load(std::memory_order_relaxed);
  ring.records[n % ring.records.size()] = record;
  ring.n_written.store(n + 1, std::memory_order_release);
}

void StageTimer::begin(Stage stage, int n_threads) {
  stage_ = stage;
  n_threads_ = static_cast<std::uint16_t>(n_threads);
  start_ns_ = now_ns();
}

void StageTimer::end() const {
  if (!Profiler::is_on()) return;
  Profiler::add({.stage = stage_,
                 .n_threads = n_threads_,
                 .start_ns = start_ns_,
                 .ns = now_ns() - start_ns_,
                 .n_ops = n_ops_,
                 .weight_bytes = weight_bytes_});
}

}  // namespace quern
