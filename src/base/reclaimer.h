// Memory that its holder can do without. When a reservation does not fit, the ledger
// (base/byte_ledger.h) asks for it, what is cheapest to lose first.

#pragma once

#include <cstddef>

namespace quern {

/// What goes first.
enum class ReclaimRank {
  kScratch,  // Kept warm: comes back untouched with its next use.
  kResults,  // Computed before: it would be computed again.
  kModels,   // Read from files: it would be read again.
};

/// Threads: both functions from whichever thread reserves, one call of all reclaimers' at a time.
/// They may wait only for locks that nobody holds while reserving, and must not reserve.
class Reclaimer {
 public:
  virtual ~Reclaimer() = default;

  /// What reclaim() could free now, itself or by making it reclaimable in a later rank. Nothing is
  /// asked to go before these suffice: rather too little than too much.
  virtual std::size_t reclaimable_bytes() = 0;

  /// Frees `bytes` or somewhat more, and all it can where that is less.
  virtual void reclaim(std::size_t bytes) = 0;
};

/// What a reservation does where it does not fit.
enum class Reclaim {
  kAllowed,  // Asks the reclaimers, in order of rank.
  kNever,    // Takes what is free, or is refused.
};

}  // namespace quern
