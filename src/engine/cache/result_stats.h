// What the result cache says of itself.

#pragma once

#include <cstddef>

namespace quern::engine {

/// Counters since the start, and what is held now. Inputs looked up = hits in memory + hits on disk
/// + misses; inputs computed = misses - coalesced.
struct ResultCacheStats {
  long n_memory_hits = 0;
  long n_disk_hits = 0;
  long n_misses = 0;
  long n_coalesced = 0;  // Misses that were equal to an input being computed, and had its result.
  long n_unusable = 0;   // Held, but damaged, and removed: their inputs were computed.

  // Of the memory.
  long n_admitted = 0;
  long n_rejected = 0;  // Not kept: what is held was asked for more often, or memory was short.
  long n_evicted = 0;
  std::size_t n_items = 0;
  std::size_t n_bytes = 0;

  // Of the disk, where there is one.
  bool has_disk = false;
  long n_disk_written = 0;
  long n_disk_dropped = 0;  // Not written: the disk was full or too slow.
  long n_disk_evicted = 0;
  std::size_t n_disk_items = 0;
  std::size_t n_disk_bytes = 0;  // Of the results; the file is somewhat larger.
};

}  // namespace quern::engine
