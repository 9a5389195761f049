// How far a long load has come: whoever works at one tells the meter of its thread, and anybody
// reads it. Loads without a meter tell one that nobody reads.

#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

namespace quern {

/// Threads: begin from one at a time; add and the rest from any.
class LoadMeter {
 public:
  /// What a load is about right now.
  enum class Phase { kOpening, kHashing, kPacking, kChecking };

  /// `name` is for the log, which hears of a load that takes more than a few seconds.
  explicit LoadMeter(std::string name) : name_(std::move(name)) {}

  /// From here on `total_bytes` are to be gone through.
  void begin(Phase phase, std::size_t total_bytes);
  void add(std::size_t bytes);

  struct Progress {
    Phase phase = Phase::kOpening;
    std::size_t done_bytes = 0;  // Of this phase.
    std::size_t total_bytes = 0;
    double seconds = 0;  // Since the load began.
  };
  Progress progress() const;

  /// That of the innermost Scope of this thread.
  static LoadMeter& current();

  /// While it lives, loads of this thread tell `meter`.
  class Scope {
   public:
    explicit Scope(LoadMeter& meter);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    LoadMeter* const before_;
  };

 private:
  using Clock = std::chrono::steady_clock;

  void log_if_due();

  const std::string name_;
  const Clock::time_point start_ = Clock::now();
  std::atomic<Phase> phase_{Phase::kOpening};
  std::atomic<std::size_t> done_{0}, total_{0};
  std::atomic<Clock::rep> last_told_{0};  // Ticks since the start.
};

/// "opening", "hashing", "packing", "checking".
const char* phase_name(LoadMeter::Phase phase);

}  // namespace quern
