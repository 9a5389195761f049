#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "kernels/int8/int8.h"
#include "kernels/int8/int8_isa.h"
#include "kernels/weight.h"

namespace quern::kernels {
namespace {

constexpr std::size_t kLineBytes = 64;

struct PackedGroup {
  float scale;
  std::int32_t sum;
};

/// How a group is cut: codes are weights times `inverse`.
struct Steps {
  float size;
  float inverse;
};

// No weight passes 127 steps, and no two neighbours of one sign pass `pair_limit`.
Steps steps_of(const float* w, int n, int pair_limit) {
  float largest = 0;
  float pair = 0;
  for (int k = 0; k < n; ++k) largest = std::max(largest, std::fabs(w[k]));
  for (int k = 0; k + 1 < n; k += 2) {
    if (w[k] * w[k + 1] > 0) pair = std::max(pair, std::fabs(w[k] + w[k + 1]));
  }
  if (!(largest > 1e-30f)) return {0, 0};
  const auto limit = static_cast<float>(pair_limit);
  if (pair / limit > largest / 127.0f) return {pair / limit, limit / pair};
  return {largest / 127.0f, 127.0f / largest};
}

// What two neighbours round to: of two that are rounded up beyond the limit the one that gained
// more goes down.
std::array<int, 2> codes_of_pair(float a, float b, int pair_limit) {
  const auto code = [](float x) {
    return static_cast<int>(std::clamp(std::nearbyint(x), -127.0f, 127.0f));
  };
  std::array<int, 2> codes = {code(a), code(b)};
  if (a * b > 0 && std::abs(codes[0] + codes[1]) > pair_limit) {
    const float gain_a = std::fabs(static_cast<float>(codes[0])) - std::fabs(a);
    const float gain_b = std::fabs(static_cast<float>(codes[1])) - std::fabs(b);
    codes[gain_a > gain_b ? 0 : 1] -= a > 0 ? 1 : -1;
  }
  return codes;
}

// Codes of one output's group; successive steps of an output lie one line apart.
PackedGroup pack_group(const float* w, int n, std::int8_t* codes) {
  const int pair_limit = int8_active().pair_limit;
  const Steps steps = steps_of(w, n, pair_limit);
  if (steps.size == 0) return {0, 0};
  std::int32_t sum = 0;
  for (int k = 0; k < n; k += 2) {
    const float next = k + 1 < n ? w[k + 1] * steps.inverse : 0.0f;
    const std::array<int, 2> pair = codes_of_pair(w[k] * steps.inverse, next, pair_limit);
    const auto i = static_cast<std::size_t>(k);
    std::int8_t* to = codes + i / kInt8Step * kLineBytes + i % kInt8Step;
    to[0] = static_cast<std::int8_t>(pair[0]);
    to[1] = static_cast<std::int8_t>(pair[1]);
    sum += pair[0] + pair[1];
  }
  return {steps.size, sum};
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
