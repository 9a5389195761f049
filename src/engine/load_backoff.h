// Models that could not be opened: not read again for a while, though asked for again and again.

#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/status.h"
#include "engine/load/model_source.h"

namespace quern::engine {

/// Half a second after the first failure, then twice as long after each, a minute at most. What
/// was replaced is tried at once, and what may pass by itself (want of memory) always.
///
/// Threads: any.
class LoadBackoff {
 public:
  using Clock = std::chrono::steady_clock;

  /// `now` is for tests.
  explicit LoadBackoff(std::function<Clock::time_point()> now = Clock::now)
      : now_(std::move(now)) {}

  /// ok() where it may be tried; else the last failure, and when the next attempt is.
  Status check(const ModelPlace& place) const;

  /// What came of an attempt.
  void enter(const ModelPlace& place, const Status& status);

  /// Of a model that is not to be tried now.
  struct Failure {
    Status status;
    int n_attempts = 0;
    double retry_seconds = 0;  // Until then; 0 where it may be tried.
  };
  std::optional<Failure> find(const std::string& where) const;

 private:
  struct Entry {
    std::string key;  // ModelPlace::key of what failed.
    Status status;
    int n_attempts = 0;
    Clock::time_point retry_at;
  };

  const std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // By ModelPlace::where.
};

}  // namespace quern::engine
