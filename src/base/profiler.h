// Where the time of a pass goes: stages recorded per thread into rings that were made beforehand.
// Off it costs one relaxed load a stage; on, two readings of the clock and 40 bytes.

#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace quern {

/// Kinds of work, coarse enough that each takes microseconds at least.
enum class Stage : std::uint8_t {
  kTokenise,
  kCache,    // Looking for, and keeping, results.
  kForward,  // A whole pass; what is inside of it follows.
  kWeights,  // Waiting for the weights of a layer.
  kEmbedding,
  kNorm,
  kQueryKeyValue,
  kTurn,  // Rotary positions, keys and values written to the cache.
  kAttention,
  kAttentionOut,
  kFeedForwardUp,  // With the gate.
  kFeedForwardDown,
  kLogits,
  kPooling,
  kSampling,
};
inline constexpr int kStages = static_cast<int>(Stage::kSampling) + 1;

/// "attention"; the name in reports.
const char* stage_name(Stage stage);

/// Is it a part of kForward?
bool is_in_forward(Stage stage);

struct StageRecord {
  Stage stage = Stage::kForward;
  std::uint16_t n_threads = 1;  // That worked on it together.
  std::uint16_t thread = 0;     // Which ring.
  std::int64_t start_ns = 0;    // Of the steady clock.
  std::int64_t ns = 0;
  float n_ops = 0;         // Arithmetic, a multiply-add counted as two; 0 where it is not counted.
  float weight_bytes = 0;  // Of the weights that it reads.
};

/// One for the process. Threads: start(), stop() and take() of one thread while nothing that is
/// profiled runs; the rest of any.
class Profiler {
 public:
  static bool is_on() { return on_.load(std::memory_order_relaxed); }

  /// Bytes that start() takes.
  static std::size_t n_bytes(int n_rings, int n_records);

  /// Forgets what was recorded. The first `n_rings` threads that record have one each, which keeps
  /// the last `n_records`; what more threads record is counted as lost.
  static void start(int n_rings, int n_records);
  static void stop();

  /// Everything recorded since start(), by thread and time.
  static std::vector<StageRecord> take();

  /// Records that did not fit.
  static long n_lost();

  static void add(StageRecord record);

 private:
  static std::atomic<bool> on_;
};

/// Records the stage from here to the end of its scope.
class StageTimer {
 public:
  explicit StageTimer(Stage stage, int n_threads = 1) {
    if (Profiler::is_on()) begin(stage, n_threads);
  }
  ~StageTimer() {
    if (start_ns_ != 0) end();
  }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

  bool is_on() const { return start_ns_ != 0; }

  /// What the stage does, for its share of the machine's peak. Only where is_on().
  void add_work(double n_ops, double weight_bytes) {
    n_ops_ += static_cast<float>(n_ops);
    weight_bytes_ += static_cast<float>(weight_bytes);
  }

 private:
  void begin(Stage stage, int n_threads);
  void end() const;

  std::int64_t start_ns_ = 0;
  Stage stage_ = Stage::kForward;
  std::uint16_t n_threads_ = 1;
  float n_ops_ = 0;
  float weight_bytes_ = 0;
};

}  // namespace quern
