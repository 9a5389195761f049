// The meaning of the eight-bit product: each other version gives these bits.

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/int8/int8.h"
#include "kernels/int8/int8_isa.h"
#include "kernels/weight.h"

namespace quern::kernels {
namespace {

constexpr int kTileRows = 12;
// As the processors convert: to nearest, ties to even, and INT_MIN for what does not fit.
std::int32_t rounded(float x) {
  constexpr float kLimit = 2147483648.0f;
  if (!(x >= -kLimit && x < kLimit)) return std::numeric_limits<std::int32_t>::min();
  return static_cast<std::int32_t>(std::nearbyint(x));
}

void quantise_group(const float* values, const float* factors, int n, std::uint8_t* codes,
                    float* scale, std::int32_t* zero) {
  float x[kInt8Group];
  for (int k = 0; k < n; ++k) x[k] = factors ? values[k] * factors[k] : values[k];
  float low = 0;
  float high = 0;
  for (int k = 0; k < n; ++k) {
    low = x[k] < low ? x[k] : low;
    high = x[k] > high ? x[k] : high;
  }
  const float range = high - low;
  const float inverse = range > 1e-30f ? 255.0f / range : 0.0f;
  *scale = range > 1e-30f ? range / 255.0f : 0.0f;
  *zero = std::clamp(rounded(-low * inverse), 0, 255);
  for (int k = 0; k < n; ++k) {
    const std::int64_t code = std::int64_t{rounded(x[k] * inverse)} + *zero;
    codes[k] = static_cast<std::uint8_t>(std::clamp<std::int64_t>(code, 0, 255));
  }
  for (int k = n; k % kInt8Step != 0; ++k) codes[k] = 0;
}

void quantise(const Int8Quantise& q) {
  for (int r = 0; r < q.n_rows; ++r) {
    for (int g = 0; g * kInt8Group < q.n; ++g) {
      const int first = g * kInt8Group;
      quantise_group(q.x + r * q.x_stride + first, q.factors ? q.factors + first : nullptr,
                     std::min(kInt8Group, q.n - first), offset(q.codes, r * q.row_bytes) + first,
                     offset(q.scales, r * q.row_bytes) + g, offset(q.zeros, r * q.row_bytes) + g);
    }
  }
}

// Output `lane` of a panel for one row.
float dot(const Int8Tile& t, int r, const std::byte* panel, int lane, float bias) {
  const auto* codes = reinterpret_cast<const std::int8_t*>(panel) + lane * kInt8Step;
  const auto* scales = reinterpret_cast<const float*>(panel + t.scales_offset()) + lane;
  const auto* sums = reinterpret_cast<const std::int32_t*>(panel + t.sums_offset()) + lane;
  const std::uint8_t* row = offset(t.rows, r * t.row_bytes);
  const float* row_scales = offset(t.row_scales, r * t.row_bytes);
  const std::int32_t* zeros = offset(t.zeros, r * t.row_bytes);

  constexpr int kGroupSteps = kInt8Group / kInt8Step;
  float sum = bias;
  for (int g = 0; g < t.n_groups; ++g) {
    std::int32_t acc = zeros[g] * sums[g * kPanelWidth];
    const int end = std::min((g + 1) * kGroupSteps, t.n_steps);
    for (int step = g * kGroupSteps; step < end; ++step) {
      for (int i = 0; i < kInt8Step; ++i) {
        acc += row[step * kInt8Step + i] * codes[step * kPanelWidth * kInt8Step + i];
      }
    }
    const float scale = row_scales[g] * scales[g * kPanelWidth];
    sum = std::fma(static_cast<float>(acc), scale, sum);
  }
  return sum;
}

void tile(const Int8Tile& t) {
  for (int r = 0; r < t.n_rows; ++r) {
    for (int c = 0; c < t.n_panels * kPanelWidth; ++c) {
      const std::byte* panel = t.panels + c / kPanelWidth * t.panel_bytes();
      t.out[r * t.out_cols + c] = dot(t, r, panel, c % kPanelWidth, t.bias[c]);
    }
  }
}

}  // namespace

constinit const Int8Isa int8_plain = {.isa = "plain",
                                      .quantise = quantise,
                                      .tile = tile,
                                      .tile_rows = kTileRows,
                                      .pair_limit = kInt8AnyPair};

}  // namespace quern::kernels
