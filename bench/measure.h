// Timing for the benchmark programs: repeats with the peak measured in between, because shared
// machines change speed from second to second and only ratios of neighbours mean anything.

#pragma once

#include <algorithm>
#include <chrono>
#include <ctime>
#include <vector>

namespace quern::bench {

double seconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Of all threads of this process: what other processes do to it is left out, but for what they do
/// to caches and memory.
double cpu_seconds_of(const auto& work) {
  const auto now = [] {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
  };
  const double start = now();
  work();
  return now() - start;
}

struct Spread {
  double p10, median, p90;
};

inline Spread spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double q) {
    return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1) + 0.5)];
  };
  return {at(0.1), at(0.5), at(0.9)};
}

}  // namespace quern::bench
