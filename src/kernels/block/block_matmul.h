// Products of rows with weights in block formats, several weights that share the rows in one job.

#pragma once

#include <span>

#include "base/thread_pool.h"
#include "kernels/block/block_rows.h"
#include "kernels/block/block_weight.h"
#include "tensor/matrix.h"

namespace quern::kernels {

/// The same rows, as the formats want them: `rows` for those that takes_block_rows() names, `f32`
/// for F32, F16 and BF16. What no product needs may be left out.
struct BlockInput {
  Matrix<const float> f32 = {};  // [n_rows, n_in]
  BlockRows rows = {};           // n_rows of n_in

  int n_rows() const { return f32.data != nullptr ? f32.rows : rows.n_rows; }
};

/// out = x W^T + bias + residual.
struct BlockProduct {
  BlockWeight weight;
  Matrix<float> out;                  // [n_rows, n_out]
  std::span<const float> bias = {};   // [n_out], or empty
  Matrix<const float> residual = {};  // [n_rows, n_out], or no data; may be `out`
};

/// All products of one input: query, key and value, or gate and up.
///
/// Shapes: all weights [., n_in]; n_rows may be 0.
/// Numerics: block_isa.h gives the order of operations for the block formats, tile_f32 and its
///   neighbours in table.h for the others: a result's bits depend on its row, and for F32, F16 and
///   BF16 not on the instruction set either.
/// Errors: none. Wrong shapes are a bug and stop the program.
void matmul(const BlockInput& x, std::span<const BlockProduct> products, ThreadPool& pool);

}  // namespace quern::kernels
