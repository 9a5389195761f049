// Scratch memory that all forward passes of an engine share, tenant "activations": one block, and
// a second for passes that run in the midst of another. Kept between batches, so that a small
// query allocates nothing, until others need the memory.

#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <span>

#include "base/byte_ledger.h"
#include "base/reclaimer.h"
#include "base/status.h"
#include "tensor/buffer.h"

namespace quern::engine {

/// Threads: all functions from any thread.
class Arena : public Reclaimer {
  struct Block {
    Buffer buffer;
    bool is_leased = false;
  };

 public:
  explicit Arena(ByteLedger& ledger) : ledger_(ledger) {}
  Arena(const Arena&) = delete;

  /// Bytes that stay in place while the lease lives.
  class Lease {
   public:
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();

    std::span<std::byte> bytes() const { return {block_->buffer.data(), block_->buffer.size()}; }

   private:
    friend class Arena;
    Lease(Arena& arena, Block& block) : arena_(&arena), block_(&block) {}

    Arena* arena_;
    Block* block_;  // Null once moved from.
  };

  /// At least `n_bytes`, 64-byte aligned, content unspecified. Two leases may live at a time.
  /// Errors: kExhausted; the arena keeps what it had.
  Result<Lease> take(std::size_t n_bytes, Reclaim reclaim = Reclaim::kAllowed);

  const ByteLedger& ledger() const { return ledger_; }

  /// The blocks that no pass is using; they come back with the next batch.
  std::size_t reclaimable_bytes() override;
  void reclaim(std::size_t bytes) override;

 private:
  Block& lease_block();
  Status grow(Buffer& buffer, std::size_t n_bytes, Reclaim reclaim);

  ByteLedger& ledger_;
  std::mutex mutex_;
  std::array<Block, 2> blocks_;
  const ByteLedger::Registration registration_{ledger_, ReclaimRank::kScratch, *this};
};

}  // namespace quern::engine
