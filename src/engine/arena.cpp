#include "engine/arena.h"

#include <utility>

namespace quern::engine {
namespace {
constexpr const char* kTenant = "activations";
}

Result<Arena::Lease> Arena::take(std::size_t n_bytes) {
  Lease lease;
  lease.lock_ = std::unique_lock<std::mutex>(mutex_);
  if (buffer_.size() < n_bytes) {
    // Asked for the difference first: a refusal must not cost the block we have.
    const std::size_t more = n_bytes - buffer_.size();
    if (more > ledger_.free_bytes()) QUERN_TRY(ledger_.reserve(kTenant, more).status());
    buffer_ = Buffer();
    // Half as much again, where memory is plenty, so that growing batches do not remap each time.
    const std::size_t roomy = n_bytes + n_bytes / 2;
    const bool plenty = roomy <= ledger_.free_bytes() / 2;
    Result<Buffer> made = Buffer::make(ledger_, kTenant, plenty ? roomy : n_bytes);
    if (!made.ok()) return made.status();
    buffer_ = std::move(*made);
  }
  lease.bytes_ = {buffer_.data(), buffer_.size()};
  return lease;
}

void Arena::release_if_idle() {
  const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  if (lock.owns_lock()) buffer_ = Buffer();
}

}  // namespace quern::engine
