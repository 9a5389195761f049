// From hidden rows to one vector or one set of logits per sequence. On the caller's thread, which
// rests in between where a batch is long.

#pragma once

#include <span>
#include <vector>

#include "formats/model_folder.h"
#include "kernels/norm.h"
#include "models/ragged_batch.h"
#include "tensor/matrix.h"

namespace quern::models {

/// Logits of a sequence: out(norm(activation(dense(its pooled row)))), in f32. Empty where a model
/// has none.
struct Classifier {
  formats::Pooling pooling = formats::Pooling::kCls;
  formats::HeadActivation activation = formats::HeadActivation::kTanh;
  Matrix<const float> dense_w;     // [d_model, d_model]
  std::span<const float> dense_b;  // [d_model], or none
  kernels::Norm norm = {};         // Of most families none.
  Matrix<const float> out_w;       // [n_labels, d_model]
  std::span<const float> out_b;    // [n_labels]

  int n_labels() const { return out_w.rows; }
};

/// One vector per sequence from its hidden rows, pooled and L2-normalised as the head's facts say.
///
/// Shapes: hidden [n_tokens, d_model], out [n_seqs, d_model].
void pool_sequences(const RaggedBatch& batch, Matrix<const float> hidden,
                    const formats::HeadFacts& head, Matrix<float> out);

/// Logits of a sequence-classification head.
///
/// Shapes: hidden [n_tokens, d_model], out [n_seqs, n_labels].
void classify_sequences(const Classifier& head, const RaggedBatch& batch,
                        Matrix<const float> hidden, Matrix<float> out);

/// The first `dimensions` numbers, scaled to length 1 (a zero vector stays zero).
/// Source: Kusupati et al. 2022 (arXiv 2205.13147), Matryoshka slices.
void slice_and_normalize(std::vector<float>& vector, int dimensions);

}  // namespace quern::models
