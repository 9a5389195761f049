// The documents that the last filters of a snapshot allow: words and vectors, and one question
// after another, ask for the same ones.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/byte_ledger.h"
#include "base/status.h"
#include "store/filter/bitmap.h"
#include "store/filter/filter.h"

namespace quern::store {

/// By segment.
using AllowedDocs = std::vector<Bitmap>;

/// Threads: any.
class FilterCache {
 public:
  static constexpr std::size_t kMaxFilters = 16;
  static constexpr const char* kTenant = "store/filters";

  /// `ledger`, if any, outlives this; what does not fit it is not remembered.
  explicit FilterCache(ByteLedger* ledger = nullptr) : ledger_(ledger) {}

  /// What `make` gives for this filter, now or before: it always gives the same. Called without a
  /// lock, so several threads may make the same at once. Errors: those of `make`.
  Result<std::shared_ptr<const AllowedDocs>> find_or_make(
      const Filter& filter, const std::function<Result<AllowedDocs>()>& make);

  ByteLedger* ledger() const { return ledger_; }
  std::size_t n_filters() const;

  /// Of the bitmaps that are remembered.
  std::size_t bytes() const;

 private:
  struct Entry {
    Filter filter;
    std::shared_ptr<const AllowedDocs> docs;
    Reservation memory;
    std::size_t n_bytes = 0;
  };
  std::shared_ptr<const AllowedDocs> find(const Filter& filter);

  ByteLedger* ledger_;
  mutable std::mutex mutex_;    // Guards this.
  std::vector<Entry> entries_;  // The one used last at the end.
};

}  // namespace quern::store
