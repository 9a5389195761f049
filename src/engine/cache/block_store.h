// Memory in small blocks of one size, taken from the ledger chunk by chunk and given back to it, so
// that what is booked is what there is. Whoever stores more than a block chains several: there is
// no fragmentation, and every chunk can be emptied by moving its blocks.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/byte_ledger.h"
#include "tensor/buffer.h"

namespace quern::engine {

/// Threads: one at a time.
class BlockStore {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNone = ~Id{0};
  static constexpr std::size_t kBlockBytes = 128;
  static constexpr std::size_t kChunkBytes = std::size_t{64} << 10;
  static constexpr std::size_t kBlocksPerChunk = kChunkBytes / kBlockBytes;

  /// The ledger outlives us.
  BlockStore(ByteLedger& ledger, std::string tenant)
      : ledger_(ledger), tenant_(std::move(tenant)) {}

  /// Another chunk of free blocks, of what memory is free. False where none is.
  bool grow();

  /// A free block, or kNone. What is in it is whatever was there.
  Id take();
  void give(Id id);

  std::byte* at(Id id) const {
    return chunks_[id / kBlocksPerChunk].data() + id % kBlocksPerChunk * kBlockBytes;
  }

  std::size_t n_free() const { return n_free_; }
  std::size_t n_chunks() const { return chunks_.size(); }
  std::size_t n_bytes() const { return chunks_.size() * kChunkBytes; }

  /// Makes take() give no block of the chunks behind the first `n_chunks`; blocks in use there are
  /// the caller's to move. Then drop_retired().
  void retire_behind(std::size_t n_chunks);
  bool is_retired(Id id) const { return id >= end_; }

  /// Gives the retired chunks back. Nothing of them may be in use.
  void drop_retired();

 private:
  ByteLedger& ledger_;
  const std::string tenant_;
  std::vector<Buffer> chunks_;
  Id free_ = kNone;  // The first free block; each holds the id of the next.
  Id end_ = 0;       // Blocks from here on are retired.
  std::size_t n_free_ = 0;
};

}  // namespace quern::engine
