#include "store/recall_receipts.h"

#include <algorithm>

namespace quern::store {

bool RecallReceipts::is_due() { return ++n_searches_ % every_ == 0; }

Status RecallReceipts::run_again(const DenseSearch& search, ThreadPool& pool) {
  DenseSearch again = search;
  again.report = nullptr;
  QUERN_ASSIGN(const std::vector<NearDoc> found, nearest_docs(again, pool));
  again.exactness = Exactness::kExact;
  QUERN_ASSIGN(const std::vector<NearDoc> nearest, nearest_docs(again, pool));
  add(found, nearest);
  return {};
}

// One of an equal score is as good.
void RecallReceipts::add(std::span<const NearDoc> found, std::span<const NearDoc> nearest) {
  const std::size_t n = std::min(nearest.size(), kDepth);
  std::uint64_t n_found = 0;
  for (const NearDoc& near : found.first(std::min(found.size(), n))) {
    n_found += near.score >= nearest[n - 1].score ? 1 : 0;
  }
  ++n_receipts_;
  n_true_ += n;
  n_found_ += n_found;
}

RecallCounts RecallReceipts::counts() const {
  return {
      .n_searches = n_searches_, .n_receipts = n_receipts_, .n_true = n_true_, .n_found = n_found_};
}

}  // namespace quern::store
