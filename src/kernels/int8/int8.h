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
#include <cstdint>
#include <span>

#include "base/thread_pool.h"
#include "kernels/matmul.h"
#include "kernels/weight.h"
#include "tensor/matrix.h"

namespace quern::kernels {

inline constexpr int kInt8Group = 128;  // Inputs that share a scale.
inline constexpr int kInt8Step = 4;     // Inputs of one output that lie together.

constexpr int int8_groups(int n_in) { return (n_in + kInt8Group - 1) / kInt8Group; }
constexpr int int8_steps(int n_in) { return (n_in + kInt8Step - 1) / kInt8Step; }

/// What panel_bytes and pack_panel of weight.h do for Precision::kInt8: each group of an output is
/// rounded to 127ths of its largest magnitude. Weights are finite; `panel` holds zeros.
std::size_t int8_panel_bytes(int n_in);
void int8_pack_panel(const float* rows, int n_rows, int n_in, std::byte* panel);

/// Quantised rows, one record each: u8 codes [n_in padded to 64], f32 scales [n_groups], i32 zero
/// points [n_groups]. Borrowed. A record is an odd number of 64-byte lines long, so that
/// neighbouring rows never fall into the same few cache sets.
struct Int8Rows {
  std::byte* data = nullptr;  // 64-byte aligned
  int n_rows = 0;
  int n_in = 0;

  std::size_t row_bytes() const;
  std::size_t scales_offset() const;  // Within a record.
  std::size_t zeros_offset() const;
  std::byte* record(int row) const { return data + static_cast<std::size_t>(row) * row_bytes(); }

  /// Rows [first, first + n).
  Int8Rows block(int first, int n) const { return {record(first), n, n_in}; }
};

/// Bytes of n_rows quantised rows of n_in values.
std::size_t int8_rows_bytes(int n_rows, int n_in);

/// Quantises columns [first_col, first_col + x.cols) of rows [row, row + x.rows), each multiplied
/// by its factor first (int8_equalise.h). Each group takes the range of its values and 0, cut into
/// 255 steps; codes round to nearest, ties to even.
///
/// Shapes: first_col a multiple of 128; x.cols too, unless it ends the row; factors [out.n_in], or
///   empty for ones.
/// Numerics: all instruction sets give the same bits. A range below 1e-30 counts as zero.
void int8_quantise_block(Matrix<const float> x, int first_col, std::span<const float> factors,
                         const Int8Rows& out, int row);

/// Whole rows. Shapes: x [out.n_rows, out.n_in].
void int8_quantise(Matrix<const float> x, std::span<const float> factors, ThreadPool& pool,
                   const Int8Rows& out);

/// layer_norm (norm.h) whose rows are quantised while they lie in the first-level cache.
///
/// Shapes: x, out [n, d] (out may be x); gamma, beta, factors [d]; quantised n rows of d.
void layer_norm_int8(Matrix<const float> x, std::span<const float> gamma,
                     std::span<const float> beta, float eps, std::span<const float> factors,
                     ThreadPool& pool, Matrix<float> out, const Int8Rows& quantised);

/// What becomes of a product: that of the other precisions, and the same once more as quantised
/// rows for the next product.
struct Int8Out {
  MatmulOut to = {};
  Int8Rows quantised = {};              // [n_rows] rows of n_out, or no data
  std::span<const float> factors = {};  // [n_out] for quantised, or empty
};

/// out = activation(rows W^T + bias) + residual. Blocks of up to 12 rows by 128 outputs are
/// finished while they lie in the first-level cache.
///
/// Shapes: rows.n_in = w.n_in; see MatmulOut.
/// Numerics: see the banner: before the activation, the same bits for every split, batch and
///   instruction set.
/// Errors: none. Wrong shapes are a bug and stop the program.
void matmul_int8(const Int8Rows& rows, const Weight& w, const Int8Out& out, ThreadPool& pool);

}  // namespace quern::kernels
