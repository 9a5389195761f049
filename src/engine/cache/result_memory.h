// Results in memory, bounded in bytes: what is held is what was asked for most often, as far back
// as the history goes. A new result takes the place of others only where it was asked for at least
// as often as they together; of those asked for equally often the one that waited longest goes.
// docs/cache.md has the policy beside others.

#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <vector>

#include "base/byte_ledger.h"
#include "base/reclaimer.h"
#include "engine/cache/access_history.h"
#include "engine/cache/block_store.h"
#include "engine/cache/result_key.h"
#include "engine/cache/stored_result.h"

namespace quern::engine {

struct ResultLimits {
  std::size_t n_bytes = 0;  // Of all that is held, tables included.
  std::size_t n_items = 0;  // 0: as many as there is room for.
};

/// Counters since the start, and what is held now.
struct ResultMemoryStats {
  long n_hits = 0;
  long n_misses = 0;
  long n_admitted = 0;
  long n_rejected = 0;  // Not kept: what is held was asked for more often, or memory is short.
  long n_evicted = 0;
  std::size_t n_items = 0;
  std::size_t n_bytes = 0;
};

/// Threads: any.
class ResultMemory : public Reclaimer {
 public:
  static constexpr const char* kTenant = "cache/results";

  ResultMemory(ByteLedger& ledger, ResultLimits limits);

  /// Counts the request, and copies out what is held. False where nothing is. `count`: the request
  /// was counted before, as a miss.
  enum class Count { kYes, kDone };
  bool find(const ResultKey& key, StoredResult& out, Count count = Count::kYes);

  /// Keeps it if it is worth its place. What is held under this key stays.
  void put(const ResultKey& key, const StoredResult& result);

  /// Forgets one that turned out not to fit its input.
  void remove(const ResultKey& key);

  /// Gives everything back and says how many bytes that was.
  std::size_t clear();

  ResultMemoryStats stats() const;

  std::size_t reclaimable_bytes() override;
  void reclaim(std::size_t bytes) override;

 private:
  using Id = BlockStore::Id;
  static constexpr Id kNone = BlockStore::kNone;
  static constexpr int kMaxCount = 63;
  struct Entry;  // What stands in the first block of a result.
  struct Stored;
  struct List {  // Of entries that were asked for equally often.
    Id oldest = kNone, newest = kNone;
  };
  struct Victims {
    std::vector<Id> ids;
    int n_asked = 0;  // Of all together.
  };

  Entry& entry(Id id) const;
  Id& bucket(const ResultKey& key);
  Id lookup(const ResultKey& key) const;
  void link(Id id);
  void unlink(Id id);
  void evict(Id id);
  bool make_room(std::size_t n_blocks, int n_asked);
  void count_hit(Id id);
  void count_miss(const ResultKey& key);
  bool may_grow() const;
  Victims choose_victims(std::size_t n_blocks, bool one_at_least) const;
  void store(const ResultKey& key, const Stored& stored, int n_asked);
  bool grow_table();
  void halve_counts();
  void drop_all();
  void shrink_to(std::size_t n_chunks);
  void move_blocks(Id first);
  void relocate(Id from, Id to);
  std::size_t held_bytes() const;

  ByteLedger& ledger_;
  const ResultLimits limits_;

  mutable std::mutex mutex_;  // Guards these.
  BlockStore blocks_;
  AccessHistory history_;
  bool has_history_ = false;  // It was made, or there was no room for it.
  Reservation table_bytes_;
  std::vector<Id> table_;                  // By hash: the first of a chain of entries.
  std::array<List, kMaxCount + 1> lists_;  // By count.
  ResultMemoryStats stats_;

  const ByteLedger::Registration registration_{ledger_, ReclaimRank::kResults, *this};
};

}  // namespace quern::engine
