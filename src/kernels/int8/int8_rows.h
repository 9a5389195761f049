// Rows of activations for the eight-bit product: u8 codes with a scale and a zero point per group
// of 128 inputs.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tensor/matrix.h"

namespace quern::kernels {

inline constexpr int kInt8Group = 128;  // Inputs that share a scale.
inline constexpr int kInt8Step = 4;     // Inputs of one output that lie together.

constexpr int int8_groups(int n_in) { return (n_in + kInt8Group - 1) / kInt8Group; }
constexpr int int8_steps(int n_in) { return (n_in + kInt8Step - 1) / kInt8Step; }

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

}  // namespace quern::kernels
