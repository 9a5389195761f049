// One linear layer over every form of weights and rows: out = activation(x W^T + bias) + residual.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>

#include "base/thread_pool.h"
#include "kernels/activations.h"
#include "kernels/table.h"
#include "kernels/weight.h"
#include "tensor/matrix.h"

namespace quern::kernels {

/// A packed matrix with what belongs to it. Borrowed.
struct Linear {
  Weight weight;
  std::span<const float> bias = {};     // [n_out], or empty
  std::span<const float> factors = {};  // [n_in]: int8 rows are multiplied by these first, the
                                        // weights were divided by them (int8_equalise.h); or empty
  bool empty() const { return weight.empty(); }
};

/// What the rows must hold for all of these layers.
RowForms forms_read_by(std::initializer_list<const Linear*> layers);

/// One product of a job.
struct Product {
  Linear linear;
  Activation activation = Activation::kNone;
  Matrix<const float> residual = {};  // [n_rows, n_out], or no data; may be out.f32
  Activations out;  // n_rows of n_out. f32 may be left out where bf16 is wanted, and where an int8
                    // product makes int8 rows; other forms are made from f32.
};

/// All products of the same rows, in one job where they are of one kind.
///
/// Shapes: x n_rows of n_in, in the forms of forms_read_by(); n_rows may be 0.
/// Numerics: a result's bits depend on its row, the weights and the instruction set only; for
///   int8 and for block formats, before the activation, not on the instruction set either. f32,
///   f16 and bf16 sum their inputs in ascending order in one f32 accumulator of FMAs; int8.h and
///   block/block_isa.h give the order of the others.
/// Errors: none. Wrong shapes are a bug and stop the program.
void multiply(const Activations& x, std::span<const Product> products, ThreadPool& pool);

/// One of them.
void multiply(const Activations& x, const Product& product, ThreadPool& pool);

}  // namespace quern::kernels
