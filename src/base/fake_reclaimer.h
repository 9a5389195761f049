// For tests: a holder of bytes that it can do without.

#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>

#include "base/byte_ledger.h"
#include "base/check.h"

namespace quern {

/// Threads: any.
class FakeReclaimer : public Reclaimer {
 public:
  FakeReclaimer(ByteLedger& ledger, ReclaimRank rank, std::string name)
      : ledger_(ledger), name_(std::move(name)), registration_(ledger, rank, *this) {}

  /// Holds so many bytes from now on: what is free only.
  void hold(std::size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    held_ = Reservation();
    Result<Reservation> held = ledger_.reserve(name_, bytes, Reclaim::kNever);
    if (held.ok()) held_ = std::move(*held);
  }

  std::size_t reclaimable_bytes() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++n_asked_;
    return held_.bytes();
  }

  void reclaim(std::size_t bytes) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (held_.bytes() == 0) return;
    QUERN_CHECK(held_.resize(held_.bytes() - std::min(bytes, held_.bytes())).ok());
  }

  /// How often the ledger looked here.
  int n_asked() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return n_asked_;
  }

 private:
  ByteLedger& ledger_;
  const std::string name_;
  mutable std::mutex mutex_;
  Reservation held_;
  int n_asked_ = 0;
  const ByteLedger::Registration registration_;
};

}  // namespace quern
