// Numbers in fewer bytes, to the bit: those of a vector have much the same exponent, which then
// takes some 3 bits instead of 8.

#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace quern::engine {

/// Appends them to `out`. Any bits come back, also those of what is not a number.
void pack_floats(std::span<const float> values, std::vector<std::byte>& out);

/// What pack_floats made of as many values.
void unpack_floats(std::span<const std::byte> packed, std::span<float> out);

}  // namespace quern::engine
