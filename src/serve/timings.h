// How long requests and their stages took, since the start and since the last line of the log:
// counts, averages, extremes and percentiles, for GET /stats and for the log.

#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "base/latency_histogram.h"

namespace quern::serve {

/// Threads: all functions may be called from any thread.
class Timings {
 public:
  enum class Kind { kEndpoint, kStage };

  /// `name` is one of few: a route's pattern, a stage.
  void add(Kind kind, const std::string& name, double seconds);

  /// "last 60 s: /v1/embeddings 12 x 3.1 ms (2.0 to 9.5); stages: ...", and begins anew; "" where
  /// nothing came.
  std::string take_line();

  /// {"NAME":{"count":2,"average_ms":1.5,"min_ms":..,"p50_ms":..,"p95_ms":..,"p99_ms":..,
  /// "max_ms":..,"total_s":..},...} of one kind, since the start.
  std::string json(Kind kind) const;

 private:
  struct Recent {
    long n = 0;
    double seconds = 0;
    double min = 0;
    double max = 0;
  };
  struct Entry {
    LatencyHistogram all{7};
    Recent recent;
  };

  mutable std::mutex mutex_;
  std::map<std::pair<Kind, std::string>, Entry> entries_;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

}  // namespace quern::serve
