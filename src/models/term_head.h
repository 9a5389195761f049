// From hidden rows to a weight for every term of the vocabulary: the head of a masked-language
// model, pooled over the rows of a text.
// Source: Formal et al. 2021 (arXiv 2109.10086) eq. 1; UKPLab/sentence-transformers,
// sparse_encoder/modules/splade_pooling.py.

#pragma once

#include <cstddef>
#include <span>

#include "base/thread_pool.h"
#include "formats/head_facts.h"
#include "kernels/linear.h"
#include "kernels/norm.h"
#include "models/ragged_batch.h"
#include "tensor/matrix.h"

namespace quern::models {

/// Logits of a row: decoder(norm(activation(dense(row)))). Empty where a model has none.
struct TermHead {
  formats::HeadActivation activation = formats::HeadActivation::kGelu;
  bool sums = false, twice = false;  // As SparseFacts.
  kernels::Linear dense;             // [d_model, d_model], in f32
  kernels::Norm norm;                // [d_model]
  kernels::Linear decoder;           // [n_vocab, d_model], f32 or bf16

  bool empty() const { return decoder.empty(); }
};

/// Bytes of scratch that weigh_terms takes.
std::size_t term_scratch_bytes(const TermHead& head, int n_tokens);

/// The largest log(1 + relu(logit)) of each term over the rows of a text, or their sum.
///
/// Shapes: hidden [n_tokens, d_model], out [n_seqs, n_vocab]; scratch of term_scratch_bytes(...),
///   64-byte aligned.
/// Numerics: a text's bits depend on its own rows only.
void weigh_terms(const TermHead& head, const RaggedBatch& batch, Matrix<const float> hidden,
                 std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out);

}  // namespace quern::models
