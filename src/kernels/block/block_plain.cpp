// The plain block kernels: the meaning of every other version.

#include <bit>
#include <cmath>
#include <limits>

#include "kernels/block/block_isa.h"

namespace quern::kernels {
namespace {

void quantise_block(const float* x, RowBlock& out) {
  std::uint32_t largest_bits = 0;  // The order of magnitudes, with NaN above infinity.
  for (int i = 0; i < kBlockInputs; ++i) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(x[i]) & 0x7fffffffu;
    largest_bits = bits > largest_bits ? bits : largest_bits;
  }
  const float largest = std::bit_cast<float>(largest_bits);
  const bool finite = largest_bits < 0x7f800000u;
  const bool zero = finite && largest < 1e-30f;
  const float inverse = 127.0f / largest;
  out.scale = !finite ? std::numeric_limits<float>::quiet_NaN() : zero ? 0.0f : largest / 127.0f;
  int sums[2] = {};
  for (int i = 0; i < kBlockInputs; ++i) {
    const float code = finite && !zero ? std::nearbyint(x[i] * inverse) : 0.0f;
    out.codes[i] = static_cast<std::int8_t>(code);
    sums[i / 16] += out.codes[i];
  }
  for (int h = 0; h < 2; ++h) {
    out.minus_halves[h] = -sums[h];
    out.scaled_halves[h] = out.scale * static_cast<float>(sums[h]);
  }
  out.minus_sum = -(sums[0] + sums[1]);
  out.unused = 0;
  out.scaled_sum = out.scale * static_cast<float>(sums[0] + sums[1]);
}

void quantise(const float* x, int n_blocks, RowBlock* out) {
  for (int b = 0; b < n_blocks; ++b) quantise_block(x + b * kBlockInputs, out[b]);
}

// Inputs [first, end) of a block.
float exact_sum(const std::uint8_t* codes, int offset, const RowBlock& row, int first, int end) {
  std::int32_t sum = 0;
  for (int i = first; i < end; ++i) sum += (codes[i] - offset) * row.codes[i];
  return static_cast<float>(sum);
}

float add_block(const BlockShape& shape, const BlockScales& w, const std::uint8_t* codes,
                const RowBlock& row, float c) {
  if (!has_halves(shape.kind)) {
    const float sum = exact_sum(codes, shape.offset, row, 0, kBlockInputs);
    c = std::fma(sum, w.scale[0] * row.scale, c);
    return has_minima(shape.kind) ? std::fma(w.min[0], row.scaled_sum, c) : c;
  }
  for (int h = 0; h < 2; ++h) {
    const float sum = exact_sum(codes, shape.offset, row, 16 * h, 16 * h + 16);
    c = std::fma(sum, w.scale[h] * row.scale, c);
  }
  if (!has_minima(shape.kind)) return c;
  for (int h = 0; h < 2; ++h) c = std::fma(w.min[h], row.scaled_halves[h], c);
  return c;
}

void panels(const BlockPanels& p) {
  if (p.n_panels > 1) panels(p.second());
  const int group_blocks = p.shape->group_inputs / kBlockInputs;
  const auto* rows = reinterpret_cast<const std::byte*>(p.rows);
  for (int r = 0; r < p.n_rows; ++r) {
    for (int o = 0; o < kPanelWidth; ++o) p.c[r * p.c_stride + o] = 0.0f;
  }
  for (int b = 0; b < p.n_blocks; ++b) {
    for (int o = 0; o < kPanelWidth; ++o) {
      std::uint8_t codes[kBlockInputs];
      packed_codes(*p.shape, p.panel + b * p.shape->code_bytes(), o, codes);
      const BlockScales scales = packed_scales(
          *p.shape, p.tail() + b / group_blocks * p.shape->tail_bytes, b % group_blocks, o);
      for (int r = 0; r < p.n_rows; ++r) {
        const RowBlock& row = reinterpret_cast<const RowBlock*>(rows + r * p.row_bytes)[b];
        float& c = p.c[r * p.c_stride + o];
        c = add_block(*p.shape, scales, codes, row, c);
      }
    }
  }
}

}  // namespace

constinit const BlockIsa block_plain = {.isa = "plain", .quantise = quantise, .panels = panels};

}  // namespace quern::kernels
