// Matrix product in eight bits: u8 activations with a scale and a zero point per row and group of
// 128 inputs, s8 weights with a scale per output and group; i32 within a group, f32 across groups.
//
//   out[r, o] = bias[o] + sum over g ascending of
//               (a_scale[r, g] * w_scale[g, o]) * (sum over k in g of w[o, k] * (a[r, k] - zero[r,
//               g]))
//
// The inner sum is exact: |sum| <= 128 * 255 * 127 < 2^24. Each group is then one rounded product
// of scales and one fused multiply-add, so every instruction set gives the same bits, whatever
// rows stand beside a row and however the work is split. Why these groups: docs/int8.md.
//
// A packed panel of 16 outputs is a run of 64-byte lines, n_steps = ceil(n_in / 4),
// n_groups = ceil(n_in / 128):
//   codes   s8  [n_steps][16][4]   0 where there is no such output or input
//   scales  f32 [n_groups][16]
//   sums    i32 [n_groups][16]     minus the sum of the group's codes
// A weight is its panels one after another, as for the other precisions.

#pragma once

#include <cstddef>

#include "kernels/int8/int8_rows.h"

namespace quern::kernels {

/// What panel_bytes and pack_panel of weight.h do for Precision::kInt8: each group of an output is
/// rounded to 127ths of its largest magnitude, or coarser where a pair of neighbours would pass the
/// limit of the active instruction set (Int8Isa::pair_limit). Weights are finite; `panel` holds
/// zeros.
std::size_t int8_panel_bytes(int n_in);
void int8_pack_panel(const float* rows, int n_rows, int n_in, std::byte* panel);

}  // namespace quern::kernels
