#include "kernels/bandwidth.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>

#include "base/machine.h"

namespace quern::kernels {
namespace {

constexpr std::size_t kPart = std::size_t{1} << 20;
constexpr int kPasses = 4;

/// Sums a part in eight lanes, which the compiler makes vectors of.
std::uint64_t sum(const std::uint64_t* p) {
  std::uint64_t lanes[8] = {};
  for (std::size_t i = 0; i < kPart / 8; i += 8) {
    for (std::size_t j = 0; j < 8; ++j) lanes[j] += p[i + j];
  }
  std::uint64_t all = 0;
  for (const std::uint64_t lane : lanes) all += lane;
  return all;
}

}  // namespace

double measured_read_gbps(ThreadPool& pool) {
  const std::size_t wanted = std::min(std::size_t{512} << 20, memory_limit_bytes() / 4);
  const int n_parts = static_cast<int>(std::max<std::size_t>(wanted / kPart, 1));
  const std::size_t n_words = static_cast<std::size_t>(n_parts) * kPart / 8;
  const auto words = std::make_unique_for_overwrite<std::uint64_t[]>(n_words);
  // Touched first: pages that were never written all read the same zeros.
  pool.parallel_for(n_parts, [&](int part, int) {
    std::fill_n(words.get() + static_cast<std::size_t>(part) * kPart / 8, kPart / 8, part);
  });
  double best_seconds = 1e9;
  for (int pass = 0; pass < kPasses; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    pool.parallel_for(n_parts, [&](int part, int) {
      volatile std::uint64_t sink = sum(words.get() + static_cast<std::size_t>(part) * kPart / 8);
      static_cast<void>(sink);
    });
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    best_seconds = std::min(best_seconds, spent.count());
  }
  return static_cast<double>(n_words) * 8 / best_seconds / 1e9;
}

}  // namespace quern::kernels
