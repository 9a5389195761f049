// The parts of a transformer block between one attention and the next, over rows whose sequences do
// not matter. The encoder's and the decoder's forward pass are made of them.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/thread_pool.h"
#include "formats/encoder_config.h"
#include "kernels/activations.h"
#include "kernels/table.h"
#include "models/rope.h"
#include "models/scratch.h"
#include "models/transformer.h"

namespace quern::models {

/// The widths that all blocks of a model have, and how they compute.
struct BlockShape {
  int n_heads = 0;
  int n_kv_heads = 0;
  int d_head = 0;
  int d_model = 0;
  int d_ff = 0;
  int n_experts = 0;         // Of blocks that choose among some,
  int n_active_experts = 0;  // so many for each row.
  Activation activation = Activation::kNone;
  float norm_eps = 0;  // Of q_norm and k_norm.

  int d_q() const { return n_heads * d_head; }
  int d_kv() const { return n_kv_heads * d_head; }
};

/// Of a formats::EncoderConfig or DecoderConfig: they call these facts alike.
template <typename Config>
BlockShape block_shape(const Config& c) {
  return {.n_heads = c.n_heads,
          .n_kv_heads = c.n_kv_heads,
          .d_head = c.d_head,
          .d_model = c.d_model,
          .d_ff = c.d_ff,
          .activation = c.activation,
          .norm_eps = c.norm_eps};
}

/// In which forms the products of a model's blocks read their rows, over all blocks.
struct StepForms {
  kernels::RowForms normed;     // q, k, v, gate and up
  kernels::RowForms attended;   // attn_out
  kernels::RowForms ff;         // down
  kernels::RowForms expert_in;  // up of an expert
  bool gated = false;
};

StepForms step_forms(std::span<const TransformerBlock> blocks);

/// What experts need beside the other rows.
struct ExpertRows {
  Matrix<float> shares;         // [n, n_experts]: of each expert in a row's result
  Matrix<std::int32_t> chosen;  // [1, n]: the rows that one expert works on
  kernels::Activations in;      // [n, d_model]: these, one behind the other
  Matrix<float> out, sums;      // [n, d_model]: of one expert, and of all
};

/// Rows that live within one block of rows.
struct StepRows {
  kernels::Activations normed;    // [n, d_model]; f32 may be the residual stream itself
  kernels::Activations attended;  // [n, d_q]
  Matrix<float> gate;             // [n, d_ff], where there is a gate
  kernels::Activations ff;        // [n, d_ff]
  ExpertRows experts;

  StepRows block(int first, int n) const;
};

/// Pieces for `n_rows` rows of all but those that the driver lends: normed.f32 where
/// norms end their parts, and attended as attention wrote it.
StepRows carve_steps(Carver& carver, int n_rows, const BlockShape& shape, const StepForms& forms,
                     formats::NormPlace norms);

/// normed = norm(x), or x where there is no norm, as these products read it.
void norm_for(std::initializer_list<const kernels::Linear*> readers, const kernels::Norm& norm,
              Matrix<const float> x, const kernels::Activations& normed, ThreadPool& pool);

/// q, k, v = the products of s.normed.
void project(const TransformerBlock& b, const StepRows& s, const kernels::Activations& q,
             const kernels::Activations& k, const kernels::Activations& v, ThreadPool& pool);

/// Norms and turns one row's query and key heads in place. `turns`: of rope_angles.
void turn_heads(const TransformerBlock& b, const BlockShape& shape, const RopeTable& rope,
                std::span<const float> turns, float* q, float* k);

/// x += attn_out(s.attended). Rows are converted from s.attended.f32 where that is needed.
void add_attention(const TransformerBlock& b, const StepRows& s, Matrix<float> x, ThreadPool& pool);

/// x += down(act(gate) * up) or x += down(act(up)), of s.normed; of a block with experts x += the
/// sum of what a row's experts make of it, each times its share. The shares are a softmax over all
/// of them. Source of the latter: nomic-ai's modeling_hf_nomic_bert.py, NomicMoELayer.
void add_feed_forward(const TransformerBlock& b, const BlockShape& shape, const StepRows& s,
                      Matrix<float> x, ThreadPool& pool);

}  // namespace quern::models
