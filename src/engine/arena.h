// The one block of scratch memory that all forward passes of an engine share, tenant
// "activations". Kept between batches, so that a small query allocates nothing.

#pragma once

#include <cstddef>
#include <mutex>
#include <span>

#include "base/byte_ledger.h"
#include "base/status.h"
#include "tensor/buffer.h"

namespace quern::engine {

/// Threads: one user at a time holds the lease; release_if_idle may come from any thread.
class Arena {
 public:
  explicit Arena(ByteLedger& ledger) : ledger_(ledger) {}

  /// Bytes that stay in place while the lease lives.
  class Lease {
   public:
    std::span<std::byte> bytes() const { return bytes_; }

   private:
    friend class Arena;
    std::unique_lock<std::mutex> lock_;
    std::span<std::byte> bytes_;
  };

  /// At least `n_bytes`, 64-byte aligned, content unspecified. Errors: kExhausted; the arena keeps
  /// what it had.
  Result<Lease> take(std::size_t n_bytes);

  /// Gives the memory back if no pass is running; it comes back with the next batch.
  void release_if_idle();

 private:
  ByteLedger& ledger_;
  std::mutex mutex_;
  Buffer buffer_;
};

}  // namespace quern::engine
