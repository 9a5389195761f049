// Random numbers and aligned memory for the tests of this room.

#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

namespace quern::kernels {

/// Normally distributed with deviation `scale`; the same for the same seed.
inline std::vector<float> random_floats(std::size_t n, unsigned seed, float scale = 1.0f) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(0.0f, scale);
  std::vector<float> out(n);
  for (float& v : out) v = normal(engine);
  return out;
}

struct AlignedFree {
  void operator()(std::byte* p) const { std::free(p); }
};
using AlignedBytes = std::unique_ptr<std::byte, AlignedFree>;

/// At a multiple of 64, content unspecified.
inline AlignedBytes aligned_bytes(std::size_t n) {
  return AlignedBytes(static_cast<std::byte*>(std::aligned_alloc(64, (n + 63) / 64 * 64)));
}

}  // namespace quern::kernels
