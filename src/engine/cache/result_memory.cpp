#include "engine/cache/result_memory.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <utility>

#include "base/check.h"
#include "engine/cache/packed_floats.h"

namespace quern::engine {
namespace {

using Id = BlockStore::Id;

// Of the cache's own bytes. More remembers longer and holds less: bench/cache_policy.cpp.
constexpr std::size_t kHistoryShare = 32;
constexpr std::size_t kFirstTable = 1024;

}  // namespace

struct ResultMemory::Entry {
  ResultKey key;
  Id next_block = kNone;  // Where its bytes go on.
  Id next_in_table = kNone;
  Id older = kNone, newer = kNone;
  std::uint32_t n_values = 0;
  std::uint32_t n_ids = 0;
  std::uint32_t n_bytes = 0;  // Of both as they are stored: values, packed where that is less, ids.
  std::uint8_t n_asked = 0;
  bool is_packed = false;
};

/// A result's bytes as they are to be stored.
struct ResultMemory::Stored {
  std::uint32_t n_values, n_ids;
  std::vector<std::byte> bytes;
  bool is_packed = true;

  explicit Stored(const StoredResult& result)
      : n_values(static_cast<std::uint32_t>(result.values.size())),
        n_ids(static_cast<std::uint32_t>(result.ids.size())) {
    const auto values = std::as_bytes(std::span(result.values));
    const auto ids = std::as_bytes(std::span(result.ids));
    bytes.reserve(values.size() + ids.size());
    pack_floats(result.values, bytes);
    if (bytes.size() > values.size()) {
      is_packed = false;
      bytes.assign(values.begin(), values.end());
    }
    bytes.insert(bytes.end(), ids.begin(), ids.end());
  }
};

namespace {

constexpr std::size_t kNextBytes = sizeof(Id);  // In front of every block but the first.
constexpr std::size_t kRestBytes = BlockStore::kBlockBytes - kNextBytes;

std::size_t n_blocks_of(std::size_t n_bytes, std::size_t head_bytes) {
  const std::size_t first = BlockStore::kBlockBytes - head_bytes;
  const std::size_t rest = n_bytes - std::min(n_bytes, first);
  return 1 + (rest + kRestBytes - 1) / kRestBytes;
}

/// Walks over the bytes of a chain of blocks.
template <typename Visit>
void visit_bytes(const BlockStore& blocks, Id first, std::size_t head_bytes, Id second,
                 std::size_t n_bytes, const Visit& visit) {
  std::size_t n = std::min(n_bytes, BlockStore::kBlockBytes - head_bytes);
  visit(std::span(blocks.at(first) + head_bytes, n));
  for (Id id = second; n < n_bytes;) {
    const std::size_t step = std::min(n_bytes - n, kRestBytes);
    visit(std::span(blocks.at(id) + kNextBytes, step));
    n += step;
    std::memcpy(&id, blocks.at(id), sizeof id);
  }
}

}  // namespace

ResultMemory::ResultMemory(ByteLedger& ledger, ResultLimits limits)
    : ledger_(ledger), limits_(limits), blocks_(ledger, kTenant) {
  static_assert(sizeof(Entry) < BlockStore::kBlockBytes && alignof(Entry) <= 8);
}

ResultMemory::Entry& ResultMemory::entry(Id id) const {
  return *std::launder(reinterpret_cast<Entry*>(blocks_.at(id)));
}

ResultMemory::Id& ResultMemory::bucket(const ResultKey& key) {
  return table_[key.hash() & (table_.size() - 1)];
}

ResultMemory::Id ResultMemory::lookup(const ResultKey& key) const {
  if (table_.empty()) return kNone;
  Id id = table_[key.hash() & (table_.size() - 1)];
  while (id != kNone && entry(id).key != key) id = entry(id).next_in_table;
  return id;
}

void ResultMemory::link(Id id) {
  Entry& e = entry(id);
  List& list = lists_[e.n_asked];
  e.older = list.newest;
  e.newer = kNone;
  (list.newest == kNone ? list.oldest : entry(list.newest).newer) = id;
  list.newest = id;
}

void ResultMemory::unlink(Id id) {
  const Entry& e = entry(id);
  List& list = lists_[e.n_asked];
  (e.older == kNone ? list.oldest : entry(e.older).newer) = e.newer;
  (e.newer == kNone ? list.newest : entry(e.newer).older) = e.older;
}

void ResultMemory::count_miss(const ResultKey& key) {
  ++stats_.n_misses;
  history_.record(key.hash());
  if (history_.take_halving()) halve_counts();
}

void ResultMemory::count_hit(Id id) {
  ++stats_.n_hits;
  unlink(id);
  if (entry(id).n_asked < kMaxCount) ++entry(id).n_asked;
  link(id);
}

bool ResultMemory::find(const ResultKey& key, StoredResult& out, Count count) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Id id = lookup(key);
  if (id == kNone) {
    if (count == Count::kYes) count_miss(key);
    return false;
  }
  if (count == Count::kYes) count_hit(id);
  const Entry& e = entry(id);
  out.values.resize(e.n_values);
  out.ids.resize(e.n_ids);
  std::vector<std::byte> bytes;
  bytes.reserve(e.n_bytes);
  visit_bytes(blocks_, id, sizeof(Entry), e.next_block, e.n_bytes,
              [&](std::span<const std::byte> part) {
                bytes.insert(bytes.end(), part.begin(), part.end());
              });
  const std::size_t id_bytes = e.n_ids * sizeof(text::TokenId);
  const std::span<const std::byte> values = std::span(bytes).first(bytes.size() - id_bytes);
  if (e.is_packed) {
    unpack_floats(values, out.values);
  } else if (!values.empty()) {
    std::memcpy(out.values.data(), values.data(), values.size());
  }
  if (id_bytes > 0) std::memcpy(out.ids.data(), bytes.data() + values.size(), id_bytes);
  return true;
}

void ResultMemory::put(const ResultKey& key, const StoredResult& result) {
  const Stored stored(result);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (lookup(key) != kNone) return;
  if (!has_history_) {
    has_history_ = true;
    history_ = AccessHistory::make(ledger_, kTenant, limits_.n_bytes / kHistoryShare);
  }
  const int n_asked = std::max(1, history_.count(key.hash()));
  if (!grow_table() || !make_room(n_blocks_of(stored.bytes.size(), sizeof(Entry)), n_asked)) {
    ++stats_.n_rejected;
    return;
  }
  ++stats_.n_admitted;
  store(key, stored, n_asked);
}

bool ResultMemory::may_grow() const {
  return held_bytes() + BlockStore::kChunkBytes <= limits_.n_bytes;
}

bool ResultMemory::make_room(std::size_t n_blocks, int n_asked) {
  const bool is_full = limits_.n_items > 0 && stats_.n_items >= limits_.n_items;
  while (blocks_.n_free() < n_blocks && may_grow() && blocks_.grow()) {
  }
  if (blocks_.n_free() >= n_blocks && !is_full) return true;
  const Victims victims = choose_victims(n_blocks, is_full);
  if (victims.ids.empty() || victims.n_asked > n_asked) return false;
  for (const Id id : victims.ids) evict(id);
  stats_.n_evicted += static_cast<long>(victims.ids.size());
  return true;
}

// None where all together would be too little.
ResultMemory::Victims ResultMemory::choose_victims(std::size_t n_blocks, bool one_at_least) const {
  Victims out;
  std::size_t n_free = blocks_.n_free();
  const auto suffices = [&] { return n_free >= n_blocks && (!one_at_least || !out.ids.empty()); };
  for (int n_asked = 1; n_asked <= kMaxCount && !suffices(); ++n_asked) {
    for (Id id = lists_[static_cast<std::size_t>(n_asked)].oldest; id != kNone && !suffices();
         id = entry(id).newer) {
      out.ids.push_back(id);
      out.n_asked += n_asked;
      n_free += n_blocks_of(entry(id).n_bytes, sizeof(Entry));
    }
  }
  if (!suffices()) out = {};
  return out;
}

void ResultMemory::evict(Id id) {
  Entry& e = entry(id);
  history_.set(e.key.hash(), e.n_asked);
  unlink(id);
  Id* link = &bucket(e.key);
  while (*link != id) link = &entry(*link).next_in_table;
  *link = e.next_in_table;
  Id rest = e.next_block;
  blocks_.give(id);
  while (rest != kNone) {
    Id next;
    std::memcpy(&next, blocks_.at(rest), sizeof next);
    blocks_.give(rest);
    rest = next;
  }
  --stats_.n_items;
}

void ResultMemory::store(const ResultKey& key, const Stored& stored, int n_asked) {
  const Id id = blocks_.take();
  Entry& e = *new (blocks_.at(id)) Entry{.key = key,
                                         .n_values = stored.n_values,
                                         .n_ids = stored.n_ids,
                                         .n_bytes = static_cast<std::uint32_t>(stored.bytes.size()),
                                         .n_asked = static_cast<std::uint8_t>(n_asked),
                                         .is_packed = stored.is_packed};
  auto* last = reinterpret_cast<std::byte*>(&e.next_block);
  for (std::size_t n = 1; n < n_blocks_of(e.n_bytes, sizeof(Entry)); ++n) {
    const Id more = blocks_.take();
    std::memcpy(last, &more, sizeof more);
    last = blocks_.at(more);
    constexpr Id kEnd = kNone;
    std::memcpy(last, &kEnd, sizeof kEnd);
  }
  std::size_t n = 0;
  visit_bytes(blocks_, id, sizeof(Entry), e.next_block, e.n_bytes, [&](std::span<std::byte> part) {
    if (!part.empty()) std::memcpy(part.data(), stored.bytes.data() + n, part.size());
    n += part.size();
  });
  e.next_in_table = std::exchange(bucket(key), id);
  link(id);
  ++stats_.n_items;
}

// As many chains as entries. Where there is no memory for more the chains grow longer.
bool ResultMemory::grow_table() {
  if (stats_.n_items < table_.size()) return true;
  const std::size_t n = std::max(kFirstTable, table_.size() * 2);
  Result<Reservation> bytes = ledger_.reserve(kTenant, n * sizeof(Id), Reclaim::kNever);
  if (!bytes.ok() || held_bytes() + n * sizeof(Id) > limits_.n_bytes) return !table_.empty();
  std::vector<Id> old(n, kNone);
  std::swap(old, table_);
  for (Id id : old) {
    while (id != kNone) {
      const Id next = entry(id).next_in_table;
      entry(id).next_in_table = std::exchange(bucket(entry(id).key), id);
      id = next;
    }
  }
  table_bytes_ = std::move(*bytes);
  return true;
}

// In order of age still: those that were asked for more often follow the others.
void ResultMemory::halve_counts() {
  const std::array<List, kMaxCount + 1> old = std::exchange(lists_, {});
  for (const List& list : old) {
    for (Id id = list.oldest; id != kNone;) {
      const Id next = entry(id).newer;
      entry(id).n_asked = static_cast<std::uint8_t>(std::max(1, entry(id).n_asked / 2));
      link(id);
      id = next;
    }
  }
}

void ResultMemory::remove(const ResultKey& key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Id id = lookup(key);
  if (id != kNone) evict(id);
}

std::size_t ResultMemory::held_bytes() const {
  return blocks_.n_bytes() + history_.n_bytes() + table_bytes_.bytes();
}

ResultMemoryStats ResultMemory::stats() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  ResultMemoryStats out = stats_;
  out.n_bytes = held_bytes();
  return out;
}

std::size_t ResultMemory::clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::size_t n_bytes = held_bytes();
  drop_all();
  return n_bytes;
}

void ResultMemory::drop_all() {
  shrink_to(0);
  table_ = {};
  table_bytes_ = Reservation();
  history_ = AccessHistory();
  has_history_ = false;
}

std::size_t ResultMemory::reclaimable_bytes() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return held_bytes();
}

void ResultMemory::reclaim(std::size_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (bytes > blocks_.n_bytes()) return drop_all();
  const std::size_t n = (bytes + BlockStore::kChunkBytes - 1) / BlockStore::kChunkBytes;
  shrink_to(blocks_.n_chunks() - std::min(n, blocks_.n_chunks()));
}

// The least asked for go, and the others move together.
void ResultMemory::shrink_to(std::size_t n_chunks) {
  const std::size_t n_in_use = blocks_.n_chunks() * BlockStore::kBlocksPerChunk - blocks_.n_free();
  const std::size_t n_kept = n_chunks * BlockStore::kBlocksPerChunk;
  if (n_in_use > n_kept) {
    const Victims victims = choose_victims(blocks_.n_free() + n_in_use - n_kept, false);
    for (const Id id : victims.ids) evict(id);
    stats_.n_evicted += static_cast<long>(victims.ids.size());
  }
  blocks_.retire_behind(n_chunks);
  for (Id& first : table_) {
    for (Id* link = &first; *link != kNone; link = &entry(*link).next_in_table) {
      if (blocks_.is_retired(*link)) {
        const Id to = blocks_.take();
        relocate(*link, to);
        *link = to;
      }
      move_blocks(*link);
    }
  }
  blocks_.drop_retired();
}

// The first block of an entry; who points to it in the table is the caller's to tell.
void ResultMemory::relocate(Id from, Id to) {
  std::memcpy(blocks_.at(to), blocks_.at(from), BlockStore::kBlockBytes);
  const Entry& e = entry(to);
  List& list = lists_[e.n_asked];
  (e.older == kNone ? list.oldest : entry(e.older).newer) = to;
  (e.newer == kNone ? list.newest : entry(e.newer).older) = to;
}

// Those behind the first.
void ResultMemory::move_blocks(Id first) {
  std::byte* link = reinterpret_cast<std::byte*>(&entry(first).next_block);
  for (;;) {
    Id id;
    std::memcpy(&id, link, sizeof id);
    if (id == kNone) return;
    if (blocks_.is_retired(id)) {
      const Id to = blocks_.take();
      std::memcpy(blocks_.at(to), blocks_.at(id), BlockStore::kBlockBytes);
      std::memcpy(link, &to, sizeof to);
      id = to;
    }
    link = blocks_.at(id);
  }
}

}  // namespace quern::engine
