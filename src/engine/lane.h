// A lane: requests that run together, because they are for the same model. The scheduler gives
// lanes turns; what a turn does is the lane's own affair. Implemented by EncoderLane (a batch of
// inputs) and GeneratorLane (a step of all its sequences).

#pragma once

#include <chrono>

#include "engine/work_class.h"

namespace quern::engine {

enum class Turn {
  kDone,
  kNoRoom,  // Nothing was done, for want of memory.
};

/// What a lane does when it finds no memory for its pass.
enum class Shortage {
  kMakeRoom,  // Takes what is idle, or makes a smaller pass; what does not fit even alone fails.
  kWait,      // Nothing: another pass is under way, and holds memory that will be free.
};

/// Which requests a sweep ends: those that were cancelled or are late, or all.
enum class Sweep { kDue, kAll };

/// Threads: those of whoever drives the scheduler, one at a time.
class Lane {
 public:
  using Clock = std::chrono::steady_clock;

  virtual ~Lane() = default;

  virtual bool has_work() const = 0;

  /// Its interactive requests. A lane without any is bulk.
  virtual int n_interactive() const = 0;

  /// When it wants to run what it has: the past, unless it waits for more (gather.h).
  virtual Clock::time_point ready_at() const { return Clock::time_point::min(); }

  /// Runs one pass, at Pace::current(), and answers what it finished.
  virtual Turn step(Shortage shortage) = 0;

  /// Asked from within step(): does nobody want what it is computing?
  virtual bool is_unwanted() const = 0;

  /// Ends requests; must not be called from within step(). Returns the next deadline.
  virtual Clock::time_point sweep(Sweep which) = 0;

  WorkClass work_class() const {
    return n_interactive() > 0 ? WorkClass::kInteractive : WorkClass::kBulk;
  }

  /// Kept by FairShares.
  struct Share {
    double ms = 0;       // Of the time it has had; what counts is the difference between lanes.
    double last_ms = 0;  // Of its last step.
    bool active = false;
  };
  Share share;
};

}  // namespace quern::engine
