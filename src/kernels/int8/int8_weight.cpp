#include <algorithm>
#include <cmath>

#include "kernels/int8/int8.h"
#include "kernels/weight.h"

namespace quern::kernels {
namespace {

constexpr std::size_t kLineBytes = 64;

struct PackedGroup {
  float scale;
  std::int32_t sum;
};

// Codes of one output's group; successive steps of an output lie one line apart.
PackedGroup pack_group(const float* w, int n, std::int8_t* codes) {
  float largest = 0;
  for (int k = 0; k < n; ++k) largest = std::max(largest, std::fabs(w[k]));
  if (!(largest > 1e-30f)) return {0, 0};
  const float inverse = 127.0f / largest;
  std::int32_t sum = 0;
  for (int k = 0; k < n; ++k) {
    const float code = std::clamp(std::nearbyint(w[k] * inverse), -127.0f, 127.0f);
    const auto i = static_cast<std::size_t>(k);
    codes[i / kInt8Step * kLineBytes + i % kInt8Step] = static_cast<std::int8_t>(code);
    sum += static_cast<std::int32_t>(code);
  }
  return {largest / 127.0f, sum};
}

}  // namespace

std::size_t int8_panel_bytes(int n_in) {
  return static_cast<std::size_t>(int8_steps(n_in) + 2 * int8_groups(n_in)) * kLineBytes;
}

void int8_pack_panel(const float* rows, int n_rows, int n_in, std::byte* panel) {
  const auto n_steps = static_cast<std::size_t>(int8_steps(n_in));
  const auto n_groups = static_cast<std::size_t>(int8_groups(n_in));
  auto* codes = reinterpret_cast<std::int8_t*>(panel);
  auto* scales = reinterpret_cast<float*>(panel + n_steps * kLineBytes);
  auto* sums = reinterpret_cast<std::int32_t*>(panel + (n_steps + n_groups) * kLineBytes);
  for (std::size_t o = 0; o < static_cast<std::size_t>(n_rows); ++o) {
    const float* row = rows + o * static_cast<std::size_t>(n_in);
    for (std::size_t g = 0; g < n_groups; ++g) {
      const int first = static_cast<int>(g) * kInt8Group;
      const std::size_t first_line = g * (kInt8Group / kInt8Step);
      const PackedGroup group = pack_group(row + first, std::min(kInt8Group, n_in - first),
                                           codes + first_line * kLineBytes + o * kInt8Step);
      scales[g * kPanelWidth + o] = group.scale;
      sums[g * kPanelWidth + o] = -group.sum;
    }
  }
}

}  // namespace quern::kernels
