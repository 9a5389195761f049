// What attention scores add for how far a key lies from its query, made from a model's tensors when
// its weights are laid out: one number per head and distance, or panels of keys and queries.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "formats/encoder_config.h"
#include "kernels/attention/attention.h"
#include "kernels/weight.h"
#include "models/raw_rows.h"
#include "models/transformer.h"
#include "tensor/matrix.h"

namespace quern::models {

/// AttentionSpec::offset_bias of buckets. Shapes: table [n_buckets, n_heads], out [n_heads, 2 m -
/// 1]. Source: Raffel et al. 2020 (arXiv 1910.10683) section 2.1; transformers modeling_mpnet.py.
void bucket_bias(const RawRows& table, float attn_scale, Matrix<float> out);

/// AttentionSpec::offset_bias of ALiBi for texts that are read in both directions.
/// Shapes: out [n_heads, 2 m - 1].
/// Source: Press et al. 2022 (arXiv 2108.12409) section 3; Günther et al. 2023 (arXiv 2310.19923).
void alibi_bias(float attn_scale, Matrix<float> out);

/// RelativeRows::at for texts of up to `n_positions` tokens: rows ascend from the furthest key
/// before the query, so that row r is row n - 1 - r of DeBERTa's table.
/// Source: transformers modeling_deberta_v2.py, make_log_bucket_position.
std::vector<std::int32_t> relative_places(const formats::Disentangled& d, int n_positions);

/// DeBERTa's table of distances in the order of relative_places, normed where there is a norm:
/// [n_rows, d_model].
std::vector<float> relative_table(const RawRows& table, const NormTensors& norm, float eps);

/// Bytes of one of RelativeRows' runs of panels.
std::size_t relative_panel_bytes(const kernels::WeightFormat& format, int n_rows, int n_heads,
                                 int d_head);

/// The keys or queries of the distances, project(row) of each row, as panels of each head.
///
/// Shapes: rows [n_rows, n_in] of relative_table; project [n_heads * d_head, n_in];
///   out relative_panel_bytes(...), 64-byte aligned.
void pack_relative(std::span<const float> rows, const LinearTensors& project,
                   const kernels::WeightFormat& format, int n_heads, ThreadPool& pool,
                   std::span<std::byte> out);

}  // namespace quern::models
