#include "engine/arena.h"

#include <utility>

#include "base/check.h"

namespace quern::engine {
namespace {
constexpr const char* kTenant = "activations";
}

Arena::Lease::Lease(Lease&& other) noexcept
    : arena_(other.arena_), block_(std::exchange(other.block_, nullptr)) {}

Arena::Lease& Arena::Lease::operator=(Lease&& other) noexcept {
  std::swap(arena_, other.arena_);
  std::swap(block_, other.block_);
  return *this;
}

Arena::Lease::~Lease() {
  if (block_ == nullptr) return;
  const std::lock_guard<std::mutex> lock(arena_->mutex_);
  block_->is_leased = false;
}

Arena::Block& Arena::lease_block() {
  const std::lock_guard<std::mutex> lock(mutex_);
  Block& block = blocks_[blocks_[0].is_leased ? 1 : 0];
  QUERN_CHECK(!block.is_leased);
  block.is_leased = true;
  return block;
}

Result<Arena::Lease> Arena::take(std::size_t n_bytes, Reclaim reclaim) {
  Block& block = lease_block();
  Lease lease(*this, block);
  // Ours alone by now: memory is reserved with no lock held.
  if (block.buffer.size() < n_bytes) QUERN_TRY(grow(block.buffer, n_bytes, reclaim));
  return lease;
}

Status Arena::grow(Buffer& buffer, std::size_t n_bytes, Reclaim reclaim) {
  // Asked for the difference first: a refusal must not cost the block we have.
  const std::size_t more = n_bytes - buffer.size();
  if (more > ledger_.free_bytes()) QUERN_TRY(ledger_.reserve(kTenant, more, reclaim).status());
  buffer = Buffer();
  // Half as much again, where memory is plenty, so that growing batches do not remap each time.
  const std::size_t roomy = n_bytes + n_bytes / 2;
  const bool plenty = roomy <= ledger_.free_bytes() / 2;
  QUERN_ASSIGN(buffer, Buffer::make(ledger_, kTenant, plenty ? roomy : n_bytes, reclaim));
  return {};
}

std::size_t Arena::reclaimable_bytes() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t n = 0;
  for (const Block& block : blocks_) n += block.is_leased ? 0 : block.buffer.size();
  return n;
}

void Arena::reclaim(std::size_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::size_t n_freed = 0;
  for (Block& block : blocks_) {
    if (block.is_leased || n_freed >= bytes) continue;
    n_freed += block.buffer.size();
    block.buffer = Buffer();
  }
}

}  // namespace quern::engine
