// From hidden rows to one set of logits per sequence. On the caller's thread, which rests in
// between where a batch is long.

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
  Matrix<const float> dense_w;       // [d_model, d_model]; none: `out` reads the row itself
  std::span<const float> dense_b;    // [d_model], or none
  kernels::Norm norm = {};           // Of most families none.
  Matrix<const float> out_w;         // [n_labels, d_model]
  std::span<const float> out_b;      // [n_labels], or none
  Matrix<const float> minus_w = {};  // [1, d_model]: its product is taken off each logit; or none

  int n_labels() const { return out_w.rows; }
};

float activate(float x, formats::HeadActivation activation);

/// Logits of a sequence-classification head.
///
/// Shapes: hidden [n_tokens, d_model], out [n_seqs, n_labels].
void classify_sequences(const Classifier& head, const RaggedBatch& batch,
                        Matrix<const float> hidden, Matrix<float> out);

}  // namespace quern::models
