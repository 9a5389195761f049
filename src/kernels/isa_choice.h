// For kernels that have a table of their own beside kernels/table.h: which of these this CPU runs,
// and which one is in use.

#pragma once

#include <algorithm>
#include <atomic>
#include <span>
#include <vector>

#include "kernels/table.h"

namespace quern::kernels {

/// Threads: any.
template <typename Isa>
class IsaChoice {
 public:
  explicit IsaChoice(const Isa* Table::* member) : active_(active().*member) {
    for (const Table* table : kernels::runnable()) {
      const Isa* isa = table->*member;
      if (std::find(runnable_.begin(), runnable_.end(), isa) == runnable_.end()) {
        runnable_.push_back(isa);
      }
    }
  }

  /// Each kind once, in the order of the tables.
  std::span<const Isa* const> runnable() const { return runnable_; }

  const Isa& in_use() const { return *active_.load(std::memory_order_relaxed); }
  void use(const Isa& isa) { active_.store(&isa); }

 private:
  std::atomic<const Isa*> active_;
  std::vector<const Isa*> runnable_;
};

}  // namespace quern::kernels
