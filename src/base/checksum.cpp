#include "base/checksum.h"

#define XXH_INLINE_ALL  // From its header: no library to load.
#include <xxhash.h>

namespace quern {

std::uint64_t checksum64(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace quern
