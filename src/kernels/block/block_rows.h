// Rows of activations for the products with block formats: s8 codes with one f32 scale for each 32
// inputs, and the sums that offsets and minima of the weights need.
//
//   scale = largest magnitude / 127, code = x * (127 / largest magnitude), to nearest, ties to even
//
// Largest magnitudes below 1e-30 count as zero. A block that holds NaN or infinity gets scale NaN,
// so that every result of its row is NaN.

#pragma once

#include <cstddef>
#include <cstdint>

namespace quern::kernels {

/// 32 quantised inputs of a row, in one line of the cache.
struct alignas(64) RowBlock {
  std::int8_t codes[32];  // -127 to 127
  float scale;
  std::int32_t minus_sum;        // Less the sum of the codes.
  std::int32_t minus_halves[2];  // The same of codes 0 to 15 and 16 to 31.
  float scaled_sum;              // scale * sum
  float scaled_halves[2];
  std::int32_t unused = 0;
};
static_assert(sizeof(RowBlock) == 64);

/// Borrowed. A record is an odd number of 64-byte lines long, so that neighbouring rows never fall
/// into the same few cache sets.
struct BlockRows {
  std::byte* data = nullptr;  // 64-byte aligned
  int n_rows = 0;
  int n_in = 0;  // A multiple of 32.

  std::size_t row_bytes() const;
  RowBlock* record(int row) const {
    return reinterpret_cast<RowBlock*>(data + static_cast<std::size_t>(row) * row_bytes());
  }

  /// Rows [first, first + n).
  BlockRows block(int first, int n) const {
    return {data + static_cast<std::size_t>(first) * row_bytes(), n, n_in};
  }
};

/// Bytes of n_rows quantised rows of n_in values.
std::size_t block_rows_bytes(int n_rows, int n_in);

/// Quantises one row.
///
/// Shapes: x [out.n_in].
/// Numerics: all instruction sets give the same bits.
void quantise_block_row(const float* x, const BlockRows& out, int row);

}  // namespace quern::kernels
