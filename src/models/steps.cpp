#include "models/steps.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/profiler.h"
#include "kernels/linear.h"
#include "kernels/norm.h"

namespace quern::models {
namespace {

using kernels::Activations;
using kernels::Linear;
using kernels::RowForm;
using kernels::RowForms;

/// Without the forms that nobody reads here; f32 stays.
Activations only(const Activations& rows, RowForms forms) {
  Activations out = rows;
  if (!forms.has(RowForm::kBf16)) out.bf16 = {};
  if (!forms.has(RowForm::kInt8)) out.int8 = {};
  if (!forms.has(RowForm::kBlocks)) out.blocks = {};
  return out;
}

/// Tells a timer of the products of `n_rows` rows.
void add_products(std::initializer_list<const Linear*> layers, int n_rows, StageTimer& timer) {
  if (!timer.is_on()) return;
  for (const Linear* layer : layers) {
    const kernels::Weight& weight = layer->weight;
    timer.add_work(2.0 * n_rows * weight.n_in * weight.n_out,
                   static_cast<double>(weight.n_bytes()));
  }
}

/// x += layer(in), normed first where there is such a norm, in `spare`.
void add_part(const Linear& layer, const Activations& in, const kernels::Norm& post_norm,
              Matrix<float> spare, Matrix<float> x, ThreadPool& pool) {
  if (post_norm.empty()) {
    return kernels::multiply(in, {.linear = layer, .residual = x, .out = x}, pool);
  }
  kernels::multiply(in, {.linear = layer, .out = spare}, pool);
  kernels::norm_rows(post_norm, spare, spare, pool);
  kernels::for_each_row_block(x.rows, pool, [&](int first, int n) {
    for (int r = first; r < first + n; ++r) {
      float* to = x.row_data(r);
      const float* from = spare.row_data(r);
      for (int i = 0; i < x.cols; ++i) to[i] += from[i];
    }
  });
}

}  // namespace

StepForms step_forms(std::span<const TransformerBlock> blocks) {
  StepForms out;
  for (const TransformerBlock& b : blocks) {
    out.normed = out.normed | kernels::forms_read_by({&b.q, &b.k, &b.v, &b.gate, &b.up});
    for (const Expert& expert : b.experts) {
      out.expert_in = out.expert_in | kernels::forms_read_by({&expert.up});
      out.ff = out.ff | kernels::forms_read_by({&expert.down});
    }
    out.attended = out.attended | kernels::forms_read_by({&b.attn_out});
    out.ff = out.ff | kernels::forms_read_by({&b.down});
    out.gated = out.gated || !b.gate.empty();
  }
  return out;
}

StepRows StepRows::block(int first, int n) const {
  StepRows out;
  out.normed = normed.block(first, n);
  out.attended = attended.block(first, n);
  if (gate.data != nullptr) out.gate = gate.block(first, n);
  out.ff = ff.block(first, n);
  if (experts.shares.data != nullptr) {
    out.experts = {.shares = experts.shares.block(first, n),
                   .chosen = experts.chosen.columns(first, n),
                   .in = experts.in.block(first, n),
                   .out = experts.out.block(first, n),
                   .sums = experts.sums.block(first, n)};
  }
  return out;
}

StepRows carve_steps(Carver& carver, int n_rows, const BlockShape& shape, const StepForms& forms,
                     formats::NormPlace norms) {
  const auto without_f32 = [](RowForms f) {
    RowForms out;
    for (const RowForm form : {RowForm::kBf16, RowForm::kInt8, RowForm::kBlocks}) {
      if (f.has(form)) out = out | form;
    }
    return out;
  };
  StepRows out;
  out.normed = carver.rows(n_rows, shape.d_model,
                           norms == formats::NormPlace::kPost ? without_f32(forms.normed)
                                                              : forms.normed | RowForm::kF32);
  out.attended = carver.rows(n_rows, shape.d_q(), without_f32(forms.attended));
  if (forms.gated) out.gate = carver.matrix<float>(n_rows, shape.d_ff);
  // Int8 and bf16 rows come from the product itself; a gate and block formats need f32 first.
  const bool needs_f32 =
      forms.gated || forms.ff.has(RowForm::kF32) || forms.ff.has(RowForm::kBlocks);
  out.ff = carver.rows(n_rows, shape.d_ff, needs_f32 ? forms.ff | RowForm::kF32 : forms.ff);
  if (shape.n_experts > 0) {
    out.experts = {.shares = carver.matrix<float>(n_rows, shape.n_experts),
                   .chosen = carver.matrix<std::int32_t>(1, n_rows),
                   .in = carver.rows(n_rows, shape.d_model, forms.expert_in | RowForm::kF32),
                   .out = carver.matrix<float>(n_rows, shape.d_model),
                   .sums = carver.matrix<float>(n_rows, shape.d_model)};
  }
  return out;
}

void norm_for(std::initializer_list<const Linear*> readers, const kernels::Norm& norm,
              Matrix<const float> x, const Activations& normed, ThreadPool& pool) {
  const StageTimer timer(Stage::kNorm, pool.n_threads());
  Activations out = only(normed, kernels::forms_read_by(readers));
  for (const Linear* layer : readers) {
    if (!layer->factors.empty()) out.factors = layer->factors;
  }
  if (!norm.empty()) return kernels::norm_rows(norm, x, out, pool);
  kernels::for_each_row_block(x.rows, pool, [&](int first, int n) {
    for (int r = first; r < first + n && out.f32.data != x.data; ++r) {
      std::copy_n(x.row_data(r), x.cols, out.f32.row_data(r));
    }
    kernels::convert_block(out, first, n);
  });
}

void project(const TransformerBlock& b, const StepRows& s, const Activations& q,
             const Activations& k, const Activations& v, ThreadPool& pool) {
  StageTimer timer(Stage::kQueryKeyValue, pool.n_threads());
  add_products({&b.q, &b.k, &b.v}, q.n_rows, timer);
  const kernels::Product products[] = {
      {.linear = b.q, .out = q}, {.linear = b.k, .out = k}, {.linear = b.v, .out = v}};
  kernels::multiply(s.normed, products, pool);
}

void turn_heads(const TransformerBlock& b, const BlockShape& shape, const RopeTable& rope,
                std::span<const float> turns, float* q, float* k) {
  const auto turn = [&](std::span<const float> weight, int n_heads, float* heads) {
    for (int h = 0; h < n_heads && !weight.empty(); ++h) {
      float* head = heads + h * shape.d_head;
      kernels::active().rms_norm_row(head, weight.data(), shape.d_head, shape.norm_eps, head);
    }
    rope_rotate(rope, turns, n_heads, shape.d_head, heads);
  };
  turn(b.q_norm, shape.n_heads, q);
  turn(b.k_norm, shape.n_kv_heads, k);
}

void add_attention(const TransformerBlock& b, const StepRows& s, Matrix<float> x,
                   ThreadPool& pool) {
  StageTimer timer(Stage::kAttentionOut, pool.n_threads());
  add_products({&b.attn_out}, x.rows, timer);
  const Activations in = only(s.attended, kernels::forms_read_by({&b.attn_out}));
  if (in.f32.data != nullptr) kernels::convert_rows(in, pool);
  add_part(b.attn_out, in, b.post_attn_norm, s.normed.f32, x, pool);
}

namespace {

/// Logits of all experts to shares: a softmax, then 0 for all but the `n_active` largest, the first
/// of equal ones.
void choose_experts(std::span<float> row, int n_active) {
  const float largest = *std::max_element(row.begin(), row.end());
  float sum = 0;
  for (float& v : row) sum += v = std::exp(v - largest);
  for (float& v : row) v /= sum;
  // Chosen ones are kept as negative numbers until all are.
  for (int i = 0; i < n_active; ++i) {
    float* const best = &*std::max_element(row.begin(), row.end());
    *best = -*best;
  }
  for (float& v : row) v = v < 0 ? -v : 0;
}

void add_experts(const TransformerBlock& b, const BlockShape& shape, const StepRows& s,
                 Matrix<float> x, ThreadPool& pool) {
  const ExpertRows& e = s.experts;
  kernels::multiply(s.normed, {.linear = b.router, .out = e.shares}, pool);
  for (int r = 0; r < x.rows; ++r) choose_experts(e.shares.row(r), shape.n_active_experts);
  // The rows may be x itself, which stays as it is until all experts have read it.
  const Matrix<const float> rows = s.normed.f32;
  std::int32_t* const chosen = e.chosen.row_data(0);
  for (int r = 0; r < x.rows; ++r) {
    if (b.experts_bias.empty()) {
      std::fill_n(e.sums.row_data(r), x.cols, 0.0f);
    } else {
      std::copy_n(b.experts_bias.data(), x.cols, e.sums.row_data(r));
    }
  }
  for (std::size_t i = 0; i < b.experts.size(); ++i) {
    const Expert& expert = b.experts[i];
    int n = 0;
    for (int r = 0; r < x.rows; ++r) {
      if (e.shares.row(r)[i] > 0) chosen[n++] = r;
    }
    if (n == 0) continue;
    Activations in = only(e.in.block(0, n), kernels::forms_read_by({&expert.up}));
    in.f32 = e.in.f32.block(0, n);
    in.factors = expert.up.factors;
    for (int k = 0; k < n; ++k) std::copy_n(rows.row_data(chosen[k]), x.cols, in.f32.row_data(k));
    kernels::convert_rows(in, pool);
    const Activations ff = only(s.ff.block(0, n), kernels::forms_read_by({&expert.down}));
    kernels::multiply(in, {.linear = expert.up, .activation = shape.activation, .out = ff}, pool);
    const Matrix<float> out = e.out.block(0, n);
    kernels::multiply(ff, {.linear = expert.down, .out = out}, pool);
    for (int k = 0; k < n; ++k) {
      const float share = e.shares.row(chosen[k])[i];
      float* to = e.sums.row_data(chosen[k]);
      for (int c = 0; c < x.cols; ++c) to[c] += share * out.row_data(k)[c];
    }
  }
  for (int r = 0; r < x.rows; ++r) {
    for (int c = 0; c < x.cols; ++c) x.row_data(r)[c] += e.sums.row_data(r)[c];
  }
}

// ff = act(gate) * up, or act(up), of s.normed.
void make_feed_forward(const TransformerBlock& b, const BlockShape& shape, const StepRows& s,
                       const Activations& ff, int n_rows, ThreadPool& pool) {
  StageTimer timer(Stage::kFeedForwardUp, pool.n_threads());
  add_products({&b.gate, &b.up}, n_rows, timer);
  if (b.gate.empty()) {
    kernels::multiply(s.normed, {.linear = b.up, .activation = shape.activation, .out = ff}, pool);
  } else {
    const kernels::Product products[] = {{.linear = b.gate, .out = s.gate},
                                         {.linear = b.up, .out = ff.f32}};
    kernels::multiply(s.normed, products, pool);
    kernels::for_each_row_block(n_rows, pool, [&](int first, int n) {
      for (int r = first; r < first + n; ++r) {
        kernels::active().gated_row(s.gate.row_data(r), ff.f32.row_data(r), shape.d_ff,
                                    shape.activation, ff.f32.row_data(r));
      }
      kernels::convert_block(ff, first, n);
    });
  }
}

}  // namespace

void add_feed_forward(const TransformerBlock& b, const BlockShape& shape, const StepRows& s,
                      Matrix<float> x, ThreadPool& pool) {
  if (!b.experts.empty()) {
    const StageTimer timer(Stage::kFeedForwardUp, pool.n_threads());
    return add_experts(b, shape, s, x, pool);
  }
  const Activations ff = only(s.ff, kernels::forms_read_by({&b.down}));
  make_feed_forward(b, shape, s, ff, x.rows, pool);
  StageTimer timer(Stage::kFeedForwardDown, pool.n_threads());
  add_products({&b.down}, x.rows, timer);
  add_part(b.down, ff, b.post_ff_norm, s.normed.f32, x, pool);
}

}  // namespace quern::models
