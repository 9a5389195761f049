#include "base/checksum.h"

#define XXH_INLINE_ALL  // From its header: no library to load.
#include <xxhash.h>

namespace quern {

std::uint64_t checksum64(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

struct Checksum64::State {
  XXH3_state_t xxh;
};

Checksum64::Checksum64() : state_(std::make_unique<State>()) { XXH3_64bits_reset(&state_->xxh); }
Checksum64::Checksum64(Checksum64&& other) noexcept = default;
Checksum64& Checksum64::operator=(Checksum64&& other) noexcept = default;
Checksum64::~Checksum64() = default;

void Checksum64::add(std::string_view bytes) {
  XXH3_64bits_update(&state_->xxh, bytes.data(), bytes.size());
}

std::uint64_t Checksum64::value() const { return XXH3_64bits_digest(&state_->xxh); }

}  // namespace quern
