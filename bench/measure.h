// Timing for the benchmark programs: repeats with the peak measured in between, because shared
// machines change speed from second to second and only ratios of neighbours mean anything.

#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

namespace quern::bench {

double seconds_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
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
