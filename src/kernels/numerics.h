// The version of what the kernels compute and of how they want their weights.

#pragma once

#include <cstdint>

namespace quern::kernels {

/// Part of the key of everything that is kept across processes: packed weights, results. Raised
/// with every change of the packed bytes or of a result's bits.
inline constexpr std::uint32_t kNumericsVersion = 6;

}  // namespace quern::kernels
