// Steps of the forward pass that all precisions share. Only the forward passes include it.

#pragma once

#include "base/thread_pool.h"
#include "kernels/table.h"
#include "models/bert.h"

namespace quern::models {

/// Sums of token, type and position embeddings, not yet normalised.
///
/// Shapes: x [n_tokens, d_model].
void embed_rows(const BertModel& model, const RaggedBatch& batch, ThreadPool& pool,
                Matrix<float> x);

int longest_sequence(const RaggedBatch& batch);

kernels::Activation activation_of(formats::Activation activation);

/// bert_forward and bert_scratch_bytes for Precision::kInt8.
void bert_forward_int8(const BertModel& model, const RaggedBatch& batch,
                       std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> hidden);
std::size_t bert_scratch_bytes_int8(const BertModel& model, int n_tokens, int longest,
                                    int n_threads);

}  // namespace quern::models
