// How right the graphs of a store are, measured: some of the searches that used one are done again
// exactly, and what the graph missed is counted.

#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "base/status.h"
#include "base/thread_pool.h"
#include "store/dense_search.h"

namespace quern::store {

struct RecallCounts {
  std::uint64_t n_searches = 0;  // That used a graph.
  std::uint64_t n_receipts = 0;  // Of those, done again.
  std::uint64_t n_true = 0;      // Nearest documents of the receipts, ten each at most.
  std::uint64_t n_found = 0;     // Of those, found.

  /// Recall@10; 1 before the first receipt.
  double recall() const {
    return n_true == 0 ? 1 : static_cast<double>(n_found) / static_cast<double>(n_true);
  }
};

/// Threads: any.
class RecallReceipts {
 public:
  static constexpr std::uint32_t kEvery = 1000;
  static constexpr std::size_t kDepth = 10;

  explicit RecallReceipts(std::uint32_t every = kEvery) : every_(every) {}

  /// Counts a search that used a graph. Is it one to be done again?
  bool is_due();

  /// Does the search again, by plan and exactly: for whoever has time. Errors: as nearest_docs;
  /// then nothing is counted.
  Status run_again(const DenseSearch& search, ThreadPool& pool);

  /// Counts a search that found the one while the other is true, each the best first.
  void add(std::span<const NearDoc> found, std::span<const NearDoc> nearest);

  RecallCounts counts() const;

 private:
  const std::uint32_t every_;
  std::atomic<std::uint64_t> n_searches_{0};
  std::atomic<std::uint64_t> n_receipts_{0};
  std::atomic<std::uint64_t> n_true_{0};
  std::atomic<std::uint64_t> n_found_{0};
};

}  // namespace quern::store
