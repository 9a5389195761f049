// Bytes of a cache: held in the ledger in whole steps, so that it is asked seldom.

#pragma once

#include <cstddef>

#include "base/byte_ledger.h"

namespace quern {

/// Threads: one at a time.
class SteppedReservation {
 public:
  static constexpr std::size_t kStepBytes = std::size_t{64} << 10;

  /// `tenant` is borrowed.
  SteppedReservation(ByteLedger& ledger, const char* tenant) : ledger_(ledger), tenant_(tenant) {}

  std::size_t bytes() const { return held_.bytes(); }

  /// Has room for `n_bytes` afterwards, or changes nothing and is false. Others never give way for
  /// it: what a cache holds is what they would lose, too.
  bool grow_to(std::size_t n_bytes);

  /// Gives back all steps that `n_bytes` do not need.
  void shrink_to(std::size_t n_bytes);

  /// What it would hold for so many.
  static std::size_t whole_steps(std::size_t n_bytes) {
    return (n_bytes + kStepBytes - 1) / kStepBytes * kStepBytes;
  }

 private:
  ByteLedger& ledger_;
  const char* tenant_;
  Reservation held_;
};

}  // namespace quern
