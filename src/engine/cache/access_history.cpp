#include "engine/cache/access_history.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace quern::engine {
namespace {

constexpr unsigned kCountBits = 4;
constexpr unsigned kCountMask = (1u << kCountBits) - 1;
constexpr std::size_t kLeastBytes = 4096;
// Long, because texts come back after long: with a shorter memory the many that come once push out
// what is known of the few (bench/cache_policy.cpp).
constexpr std::size_t kRecordsPerCell = 4;

std::uint16_t tag_of(std::uint64_t hash) {
  // Never 0 with a count, which is at least 1.
  return static_cast<std::uint16_t>((hash >> 52) << kCountBits);
}

int count_of(std::uint16_t cell) { return static_cast<int>(cell & kCountMask); }

}  // namespace

AccessHistory AccessHistory::make(ByteLedger& ledger, const char* tenant, std::size_t n_bytes) {
  AccessHistory out;
  if (n_bytes < kLeastBytes) return out;
  Result<Buffer> cells = Buffer::make(ledger, tenant, std::bit_floor(n_bytes), Reclaim::kNever);
  if (!cells.ok()) return out;
  out.cells_ = std::move(*cells);
  out.bucket_mask_ = out.cells_.size() / sizeof(Cell) / kWays - 1;
  return out;
}

AccessHistory::Cell* AccessHistory::bucket(std::uint64_t hash) const {
  return cells_.as<Cell>().data() + (hash & bucket_mask_) * kWays;
}

AccessHistory::Cell* AccessHistory::find(std::uint64_t hash) const {
  if (cells_.size() == 0) return nullptr;
  Cell* const first = bucket(hash);
  const auto is_it = [&](Cell c) { return count_of(c) > 0 && (c & ~kCountMask) == tag_of(hash); };
  Cell* const found = std::find_if(first, first + kWays, is_it);
  return found == first + kWays ? nullptr : found;
}

int AccessHistory::count(std::uint64_t hash) const {
  const Cell* cell = find(hash);
  return cell == nullptr ? 0 : count_of(*cell);
}

int AccessHistory::record(std::uint64_t hash) {
  if (cells_.size() == 0) return 1;
  if (++n_records_ >= cells_.size() / sizeof(Cell) * kRecordsPerCell) halve();
  Cell* cell = find(hash);
  if (cell == nullptr) {
    put(hash, 1);
    return 1;
  }
  if (count_of(*cell) < kMaxCount) ++*cell;
  return count_of(*cell);
}

void AccessHistory::set(std::uint64_t hash, int count) {
  if (cells_.size() == 0 || count <= 0) return;
  Cell* cell = find(hash);
  const int n = std::min(count, kMaxCount);
  if (cell == nullptr) return put(hash, n);
  *cell = static_cast<Cell>(tag_of(hash) | static_cast<unsigned>(n));
}

// To the front of its bucket, which is so in order of age; of the least counted the oldest goes.
void AccessHistory::put(std::uint64_t hash, int count) {
  Cell* const first = bucket(hash);
  Cell* victim = first + kWays - 1;
  for (Cell* cell = victim; cell-- > first;) {
    if (count_of(*cell) < count_of(*victim)) victim = cell;
  }
  std::move_backward(first, victim, victim + 1);
  *first = static_cast<Cell>(tag_of(hash) | static_cast<unsigned>(count));
}

void AccessHistory::halve() {
  n_records_ = 0;
  has_halved_ = true;
  for (Cell& cell : cells_.as<Cell>()) {
    const int n = count_of(cell) / 2;
    cell = n == 0 ? Cell{0} : static_cast<Cell>((cell & ~kCountMask) | static_cast<unsigned>(n));
  }
}

bool AccessHistory::take_halving() { return std::exchange(has_halved_, false); }

}  // namespace quern::engine
