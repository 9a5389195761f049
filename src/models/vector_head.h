// From hidden rows to one vector per sequence: poolings side by side, then modules, in f32.

#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "formats/model_folder.h"
#include "models/module_chain.h"
#include "models/ragged_batch.h"
#include "models/sections.h"
#include "models/tensor_source.h"
#include "tensor/matrix.h"

namespace quern::models {

struct VectorHead {
  std::vector<formats::Pooling> poolings = {formats::Pooling::kMean};
  ModuleChain chain = {};

  /// Width of a vector, from rows of `d_model`.
  int n_values(int d_model) const { return chain.n_values(n_pooled(d_model)); }
  int n_pooled(int d_model) const { return d_model * static_cast<int>(poolings.size()); }
  std::size_t weight_bytes() const { return chain.weight_bytes(); }
};

/// As load_module_chain.
Result<VectorHead> load_vector_head(const formats::HeadFacts& facts, const std::string& folder,
                                    const TensorSource& own, const WeightRoom& room);

/// Bytes of scratch that pooling `n_seqs` sequences or more takes.
std::size_t vector_scratch_bytes(const VectorHead& head, int d_model, int n_seqs);

/// Shapes: hidden [n_tokens, d_model], out [n_seqs, n_values]; scratch of
/// vector_scratch_bytes(...),
///   64-byte aligned.
/// Numerics: a vector's bits depend on its own rows only.
void pool_sequences(const VectorHead& head, const RaggedBatch& batch, Matrix<const float> hidden,
                    std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out,
                    LastNorm last = LastNorm::kDone);

/// The first `dimensions` numbers, scaled to length 1 (a zero vector stays zero).
/// Source: Kusupati et al. 2022 (arXiv 2205.13147), Matryoshka slices.
void slice_and_normalize(std::vector<float>& vector, int dimensions);

}  // namespace quern::models
