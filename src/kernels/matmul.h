// Matrix products with packed weights, blocked for the caches and split over the thread pool.

#pragma once

#include <cstdint>
#include <span>

#include "base/thread_pool.h"
#include "kernels/table.h"
#include "kernels/weight.h"
#include "tensor/matrix.h"

namespace quern::kernels {

/// What becomes of a product: out = activation(x W^T + bias) + residual.
struct MatmulOut {
  std::span<const float> bias = {};  // [n_out], or empty
  Activation activation = Activation::kNone;
  Matrix<const float> residual = {};    // [n_rows, n_out], or no data; may be `out`
  Matrix<float> out = {};               // [n_rows, n_out], or no data
  Matrix<std::uint16_t> out_bf16 = {};  // [n_rows, n_out], or no data
};

/// Rows of f32 times f32 weights.
///
/// Shapes: x [n_rows, w.n_in]; n_rows may be 0.
/// Numerics: each output sums its inputs in ascending order in one f32 accumulator of FMAs: its
///   bits depend on its row and the instruction set only.
/// Errors: none. Wrong shapes are a bug and stop the program.
void matmul(Matrix<const float> x, const Weight& w, const MatmulOut& to, ThreadPool& pool);

/// Rows of bf16 times bf16 weights, summed in f32.
///
/// Shapes: x [n_rows, w.n_in], w.n_in even, x.stride even, rows 4-byte aligned.
void matmul(Matrix<const std::uint16_t> x, const Weight& w, const MatmulOut& to, ThreadPool& pool);

}  // namespace quern::kernels
