// From hidden rows to one vector per sequence: poolings side by side, then the modules of
// formats/vector_modules.h, in f32.

#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "formats/model_folder.h"
#include "kernels/linear.h"
#include "kernels/norm.h"
#include "models/ragged_batch.h"
#include "models/sections.h"
#include "models/tensor_source.h"
#include "tensor/matrix.h"

namespace quern::models {

struct VectorHead {
  struct Module {
    formats::VectorModule facts;
    kernels::Linear dense, residual;  // Of kDense; `residual` where it is projected.
    kernels::Norm norm;               // Of kLayerNorm.
  };
  std::vector<formats::Pooling> poolings = {formats::Pooling::kMean};
  std::vector<Module> modules = {};
  WeightWindow weights;  // What the modules point into.

  /// Width of a vector, from rows of `d_model`.
  int n_values(int d_model) const;
  std::size_t weight_bytes() const { return weights.n_bytes(); }
};

/// `own`: the model's tensors; modules with a folder have files of their own.
/// Errors: as TensorSource; kExhausted.
Result<VectorHead> load_vector_head(const formats::HeadFacts& facts, const std::string& folder,
                                    const TensorSource& own, const WeightRoom& room);

/// Bytes load_vector_head reserves.
std::size_t vector_head_bytes(const formats::HeadFacts& facts);

/// Bytes of scratch that pooling `n_seqs` sequences or more takes.
std::size_t vector_scratch_bytes(const VectorHead& head, int d_model, int n_seqs);

/// Shapes: hidden [n_tokens, d_model], out [n_seqs, n_values]; scratch of
/// vector_scratch_bytes(...),
///   64-byte aligned.
/// Numerics: a vector's bits depend on its own rows only.
void pool_sequences(const VectorHead& head, const RaggedBatch& batch, Matrix<const float> hidden,
                    std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out);

/// The first `dimensions` numbers, scaled to length 1 (a zero vector stays zero).
/// Source: Kusupati et al. 2022 (arXiv 2205.13147), Matryoshka slices.
void slice_and_normalize(std::vector<float>& vector, int dimensions);

}  // namespace quern::models
