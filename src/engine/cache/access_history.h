// How often keys were asked for, also those whose results are not held: what tells a text that
// comes again and again from one that came once. Approximate and of fixed size.

#pragma once

#include <cstddef>
#include <cstdint>

#include "base/byte_ledger.h"
#include "tensor/buffer.h"

namespace quern::engine {

/// Eight counters in each bucket, of 12 bits of a key and a count up to 15. Where a bucket is full
/// the least counted makes way; all counts are halved after every so many records, so that what was
/// popular long ago is forgotten.
///
/// Threads: one at a time.
class AccessHistory {
 public:
  static constexpr int kMaxCount = 15;

  /// Of at most `n_bytes` of what memory is free, a power of two; of none where that is too little:
  /// then every count is 0.
  static AccessHistory make(ByteLedger& ledger, const char* tenant, std::size_t n_bytes);

  AccessHistory() = default;

  /// Counts one more, and says how many there are now, at least 1. `hash`: well mixed.
  int record(std::uint64_t hash);

  /// 0: unknown.
  int count(std::uint64_t hash) const;

  /// What is known from elsewhere: a result that is held no more.
  void set(std::uint64_t hash, int count);

  /// True once after every so many records: others halve their counts too.
  bool take_halving();

  std::size_t n_bytes() const { return cells_.size(); }

 private:
  static constexpr std::size_t kWays = 8;
  using Cell = std::uint16_t;  // A tag of 12 bits, then the count; 0: free.

  Cell* bucket(std::uint64_t hash) const;
  Cell* find(std::uint64_t hash) const;
  void put(std::uint64_t hash, int count);
  void halve();

  Buffer cells_;
  std::uint64_t bucket_mask_ = 0;
  std::size_t n_records_ = 0;
  bool has_halved_ = false;
};

}  // namespace quern::engine
