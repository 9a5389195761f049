// One transformer block, of encoders and decoders alike: its tensors by their roles, and its
// weights. What a family has not is empty.

#pragma once

#include <span>
#include <vector>

#include "kernels/linear.h"
#include "kernels/norm.h"
#include "models/raw_rows.h"
#include "models/weight_placer.h"

namespace quern::models {

struct LinearTensors {
  RawRows weight, bias;
};

struct NormTensors {
  RawRows weight, bias;
};

struct BlockTensors {
  LinearTensors q, k, v, attn_out;
  LinearTensors gate, up, down;
  NormTensors attn_norm, ff_norm, post_attn_norm, post_ff_norm;
  NormTensors attn_norm_again, q_row_norm, k_row_norm;
  RawRows q_norm, k_norm;
  // Of DeBERTa v1, where q, k and v have sizes only: [n_heads * 3 * d_head, d_model], each head's
  // rows together.
  RawRows qkv_by_heads;
  int n_heads = 0;
  LinearTensors distance_k, distance_q;  // Of DeBERTa's distances.
  // Of experts, in place of up and down: [n, d_model], and twice n matrices [d_ff, d_model] on top
  // of each other.
  RawRows router, experts_up, experts_down, experts_bias;
  bool experts_down_lies = true;  // False: matrices [d_model, d_ff], as they are multiplied.
};

/// One of several feed-forward parts.
struct Expert {
  kernels::Linear up;    // [d_ff, d_model]
  kernels::Linear down;  // [d_model, d_ff]
};

struct TransformerBlock {
  kernels::Linear q;         // [n_heads * d_head, d_model]
  kernels::Linear k, v;      // [n_kv_heads * d_head, d_model]
  kernels::Linear attn_out;  // [d_model, n_heads * d_head]
  kernels::Linear gate;      // [d_ff, d_model]; empty: down reads act(up), not act(gate) * up
  kernels::Linear up;        // [d_ff, d_model]
  kernels::Linear down;      // [d_model, d_ff]

  // In place of gate, up and down: what chooses experts by the row, in f32, and these.
  kernels::Linear router;  // [n_experts, d_model]
  std::vector<Expert> experts;
  std::span<const float> experts_bias;  // [d_model], added once; or empty.

  // Of the residual stream: before or after each part, as the family has it (NormPlace).
  kernels::Norm attn_norm, ff_norm;            // [d_model]
  kernels::Norm post_attn_norm, post_ff_norm;  // [d_model], of a part's result before it is added
  kernels::Norm attn_norm_again;               // [d_model], of attn_norm's result + the input
  kernels::Norm q_row_norm, k_row_norm;        // [n_heads * d_head]: of all heads together
  std::span<const float> q_norm, k_norm;       // [d_head]: RMS norm of each head

  // Panels of kernels::RelativeRows; or nullptr.
  const std::byte* distance_keys = nullptr;
  const std::byte* distance_queries = nullptr;
};

/// The largest magnitudes of the columns that the products behind a norm read, seen on sample
/// texts: what int8 packing equalises channels by.
struct BlockMaxima {
  std::vector<float> qkv, ff_in;  // [d_model]
};

/// How a model's weights are laid out.
struct Placing {
  kernels::Precision precision = kernels::Precision::kStored;
  NormKind norm_kind = NormKind::kLayer;
  float norm_eps = 0;
  float norm_added = 0;  // To each norm weight: some files store them less 1.
};

kernels::Linear place_linear(const LinearTensors& from, const Placing& how,
                             std::span<const float> factors, WeightPlacer& placer);

kernels::Norm place_norm(const NormTensors& from, const Placing& how, WeightPlacer& placer);

/// `seen`: for int8; nullptr where nothing was observed.
void place_block(const BlockTensors& from, const Placing& how, const BlockMaxima* seen,
                 WeightPlacer& placer, TransformerBlock& to);

}  // namespace quern::models
