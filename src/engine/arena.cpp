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

Result<Arena::Lease> Arena::take(std::size_t n_bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Block& block = blocks_[blocks_[0].is_leased ? 1 : 0];
  QUERN_CHECK(!block.is_leased);
  Buffer& buffer = block.buffer;
  if (buffer.size() < n_bytes) {
    // Asked for the difference first: a refusal must not cost the block we have.
    const std::size_t more = n_bytes - buffer.size();
    if (more > ledger_.free_bytes()) QUERN_TRY(ledger_.reserve(kTenant, more).status());
    buffer = Buffer();
    // Half as much again, where memory is plenty, so that growing batches do not remap each time.
    const std::size_t roomy = n_bytes + n_bytes / 2;
    const bool plenty = roomy <= ledger_.free_bytes() / 2;
    QUERN_ASSIGN(buffer, Buffer::make(ledger_, kTenant, plenty ? roomy : n_bytes));
  }
  block.is_leased = true;
  return Lease(*this, block);
}

void Arena::release_if_idle() {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (Block& block : blocks_) {
    if (!block.is_leased) block.buffer = Buffer();
  }
}

}  // namespace quern::engine
