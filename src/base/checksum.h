// A fast checksum of bytes, against damage and not against malice.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace quern {

/// XXH3, 64 bits, seed 0: the same on every machine. As fast as memory is read.
/// Source: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md.
std::uint64_t checksum64(std::span<const std::byte> bytes);

}  // namespace quern
