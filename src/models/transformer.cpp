#include "models/transformer.h"

namespace quern::models {

kernels::Linear place_linear(const LinearTensors& from, const Placing& how,
                             std::span<const float> factors, WeightPlacer& placer) {
  kernels::Linear to;
  to.factors = factors;
  to.weight = placer.weight(from.weight, how.precision, factors);
  to.bias = placer.vector(from.bias);
  return to;
}

kernels::Norm place_norm(const NormTensors& from, const Placing& how, WeightPlacer& placer) {
  kernels::Norm to{.kind = how.norm_kind, .eps = how.norm_eps, .weight = {}, .bias = {}};
  to.weight = placer.vector(from.weight, how.norm_added);
  // Layer norms without a bias: modern encoders.
  const bool lacks_bias = how.norm_kind == NormKind::kLayer && from.bias.empty();
  to.bias = lacks_bias ? placer.zeros(from.weight.n_cols) : placer.vector(from.bias);
  return to;
}

namespace {

/// The rows of q (part 0), k or v in a matrix that has them by heads, whose bytes lie in `storage`.
RawRows part_of_heads(const BlockTensors& from, int part, std::vector<std::byte>& storage) {
  constexpr int kParts = 3;
  RawRows out = from.qkv_by_heads;
  out.n_rows /= kParts;
  const int d_head = out.n_rows / from.n_heads;
  for (int h = 0; h < from.n_heads; ++h) {
    const auto rows = from.qkv_by_heads.slice((kParts * h + part) * d_head, d_head).bytes;
    storage.insert(storage.end(), rows.begin(), rows.end());
  }
  out.bytes = storage;
  return out;
}

void place_experts(const BlockTensors& from, const Placing& how, std::span<const float> factors,
                   WeightPlacer& placer, TransformerBlock& to) {
  if (from.router.empty()) return;
  Placing exact = how;
  exact.precision = kernels::Precision::kF32;
  to.router = place_linear({.weight = from.router, .bias = {}}, exact, {}, placer);
  to.experts.resize(static_cast<std::size_t>(from.router.n_rows));
  const int d_ff = from.experts_up.n_rows / from.router.n_rows;
  int first = 0;
  for (Expert& expert : to.experts) {
    const LinearTensors up{.weight = from.experts_up.slice(first, d_ff), .bias = {}};
    expert.up = place_linear(up, how, factors, placer);
    std::vector<float> storage;
    RawRows down;
    if (from.experts_down_lies) {
      down = from.experts_down.slice(first, d_ff);
      if (!placer.fills()) down.bytes = {};
      down = transposed(down, storage);
    } else {
      const int d_model = from.experts_up.n_cols;
      down = from.experts_down.slice(first / d_ff * d_model, d_model);
    }
    expert.down = place_linear({.weight = down, .bias = {}}, how, {}, placer);
    first += d_ff;
  }
  to.experts_bias = placer.vector(from.experts_bias);
}

}  // namespace

void place_block(const BlockTensors& tensors, const Placing& how, const BlockMaxima* seen,
                 WeightPlacer& placer, TransformerBlock& to) {
  BlockTensors from = tensors;
  std::vector<std::byte> q_rows, k_rows, v_rows;
  if (!from.qkv_by_heads.empty() && placer.fills()) {
    from.q.weight = part_of_heads(tensors, 0, q_rows);
    from.k.weight = part_of_heads(tensors, 1, k_rows);
    from.v.weight = part_of_heads(tensors, 2, v_rows);
  }
  std::span<const float> qkv_factors;
  std::span<const float> ff_factors;
  if (how.precision == kernels::Precision::kInt8) {
    qkv_factors = placer.factors({&from.q.weight, &from.k.weight, &from.v.weight},
                                 seen == nullptr ? nullptr : &seen->qkv);
    const bool chooses = !from.router.empty();
    ff_factors = placer.factors({chooses ? &from.experts_up : &from.up.weight, &from.gate.weight},
                                seen == nullptr ? nullptr : &seen->ff_in);
  }
  to.q = place_linear(from.q, how, qkv_factors, placer);
  to.k = place_linear(from.k, how, qkv_factors, placer);
  to.v = place_linear(from.v, how, qkv_factors, placer);
  to.attn_out = place_linear(from.attn_out, how, {}, placer);
  to.gate = place_linear(from.gate, how, ff_factors, placer);
  to.up = place_linear(from.up, how, ff_factors, placer);
  to.down = place_linear(from.down, how, {}, placer);
  place_experts(from, how, ff_factors, placer, to);
  to.attn_norm = place_norm(from.attn_norm, how, placer);
  to.ff_norm = place_norm(from.ff_norm, how, placer);
  to.post_attn_norm = place_norm(from.post_attn_norm, how, placer);
  to.post_ff_norm = place_norm(from.post_ff_norm, how, placer);
  to.attn_norm_again = place_norm(from.attn_norm_again, how, placer);
  to.q_row_norm = place_norm(from.q_row_norm, how, placer);
  to.k_row_norm = place_norm(from.k_row_norm, how, placer);
  to.q_norm = placer.vector(from.q_norm, how.norm_added);
  to.k_norm = placer.vector(from.k_norm, how.norm_added);
}

}  // namespace quern::models
