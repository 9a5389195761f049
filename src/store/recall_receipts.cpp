#include "store/recall_receipts.h"

#include <algorithm>

namespace quern::store {

bool RecallReceipts::is_due() { return ++n_searches_ % every_ == 0; }

Status RecallReceipts::run_again(const DenseSearch& search, std::span<const NearDoc> found,
                                 ThreadPool& pool) {
  DenseSearch exact = search;
  exact.exactness = Exactness::kExact;
  exact.report = nullptr;
  exact.n_wanted = std::min(search.n_wanted, kDepth);
  QUERN_ASSIGN(const std::vector<NearDoc> nearest, nearest_docs(exact, pool));
  std::uint64_t n_found = 0;
  // One of an equal score is as good.
  for (const NearDoc& near : found.first(std::min(found.size(), nearest.size()))) {
    n_found += near.score >= nearest.back().score ? 1 : 0;
  }
  ++n_receipts_;
  n_true_ += nearest.size();
  n_found_ += n_found;
  return {};
}

RecallCounts RecallReceipts::counts() const {
  return {
      .n_searches = n_searches_, .n_receipts = n_receipts_, .n_true = n_true_, .n_found = n_found_};
}

}  // namespace quern::store
