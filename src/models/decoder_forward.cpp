// One pass of a decoder: rows of all sequences go through each block together; only attention and
// the caches know which row is whose.

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/check.h"
#include "base/profiler.h"
#include "kernels/attention/cached_attention.h"
#include "kernels/block/block_weight.h"
#include "models/decoder.h"
#include "models/layers.h"
#include "models/scratch.h"

namespace quern::models {
namespace {

using kernels::Activations;
using kernels::RowForm;

/// Everything a pass needs beside the model: pieces of the scratch.
struct Pass {
  Matrix<float> x;      // [n_rows, d_model], the residual stream
  Matrix<float> q;      // [n_rows, d_q], and what attention makes of it
  Matrix<float> turns;  // [n_rows, 2 * rope dims]: angles of the rope, then of the window's rope
  std::span<std::byte> attention;

  Matrix<float> k, v;  // [block rows, d_kv]
  StepRows steps;      // [block rows, ...]

  Activations last;  // [n_logits, d_model]
};

struct Sizes {
  kernels::KvType kv;
  int n_rows = 0;
  int n_logits = 0;
  int n_threads = 0;
};

Pass carve(const Decoder& m, const Sizes& s, Carver& carver) {
  const kernels::KvShape kv{
      .type = s.kv, .n_kv_heads = m.shape.n_kv_heads, .d_head = m.shape.d_head};
  const int n = block_scratch_rows(s.n_rows, s.n_threads);
  Pass p;
  p.x = carver.matrix<float>(s.n_rows, m.shape.d_model);
  p.q = carver.matrix<float>(s.n_rows, m.shape.d_q());
  p.turns = carver.matrix<float>(s.n_rows, m.rope.n_dims + m.window_rope.n_dims);
  p.attention = carver.bytes(kernels::cached_attention_scratch_bytes(kv, s.n_threads));
  p.k = carver.matrix<float>(n, m.shape.d_kv());
  p.v = carver.matrix<float>(n, m.shape.d_kv());
  p.steps = carve_steps(carver, n, m.shape, m.forms, formats::NormPlace::kPre);
  p.last =
      carver.rows(s.n_logits, m.shape.d_model, kernels::forms_read_by({&m.output}) | RowForm::kF32);
  return p;
}

/// Where each sequence's rows lie, and the position and the page slot of a row.
struct RowPlace {
  const DecoderStep* step = nullptr;
  int position = 0;
};

class Run {
 public:
  Run(const Decoder& model, std::span<const DecoderStep> steps, const Pass& pass, ThreadPool& pool)
      : m_(model), c_(model.config), steps_(steps), p_(pass), pool_(pool) {
    for (const DecoderStep& step : steps) {
      for (int i = 0; i < static_cast<int>(step.ids.size()); ++i) {
        places_.push_back({&step, step.kv->length() + i});
      }
    }
    cached_.resize(steps.size());
  }

  void go(Matrix<float> logits) {
    const std::size_t n_sections = m_.section_order.size() - (logits.rows == 0 ? 1 : 0);
    WeightPass sections(m_.weights, std::span(m_.section_order).first(n_sections));
    embed();
    // Where it is left, the caches stay as long as they were.
    if (!for_each_layer(c_.n_layers, p_.x.rows, pool_, sections, *this)) return;
    for (const DecoderStep& step : steps_) {
      step.kv->advance(step.kv->length() + static_cast<int>(step.ids.size()));
    }
    if (logits.rows == 0) return;
    sections.go_to(c_.n_layers);
    output(logits);
  }

  // Of for_each_layer().
  void before_attention(int layer, const RowRange& rows) {
    const TransformerBlock& b = block(layer);
    const StepRows s = steps_of(rows);
    const Matrix<float> q = p_.q.block(rows.first, rows.n);
    const Matrix<float> k = p_.k.block(rows.scratch_row, rows.n);
    const Matrix<float> v = p_.v.block(rows.scratch_row, rows.n);
    norm_for({&b.q, &b.k, &b.v}, b.attn_norm, p_.x.block(rows.first, rows.n), s.normed, rows.pool);
    project(b, s, q, k, v, rows.pool);
    const StageTimer timer(Stage::kTurn, rows.pool.n_threads());
    kernels::for_each_row_block(rows.n, rows.pool, [&](int first, int n) {
      for (int r = first; r < first + n; ++r) {
        turn_and_keep(layer, rows.first + r, q.row_data(r), k.row_data(r), v.row_data(r));
      }
    });
  }

  void attend(int layer) {
    StageTimer timer(Stage::kAttention, pool_.n_threads());
    int row = 0;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const DecoderStep& step = steps_[i];
      cached_[i] = {.pages = step.kv->pages(layer),
                    .first_row = row,
                    .n_rows = static_cast<int>(step.ids.size()),
                    .first_position = step.kv->length()};
      row += cached_[i].n_rows;
      const double n_before = step.kv->length();
      const double n = static_cast<double>(step.ids.size());
      if (timer.is_on()) timer.add_work(4 * n * (n_before + (n + 1) / 2) * m_.shape.d_q(), 0);
    }
    const kernels::CachedAttention spec{.kv = steps_.front().kv->shape(),
                                        .n_heads = c_.n_heads,
                                        .scale = c_.attn_scale,
                                        .softcap = c_.attn_softcap,
                                        .window = c_.windows[static_cast<std::size_t>(layer)]};
    kernels::cached_attention(spec, p_.q, cached_, p_.attention, pool_, p_.q);
  }

  void after_attention(int layer, const RowRange& rows) {
    const TransformerBlock& b = block(layer);
    const StepRows s = steps_of(rows);
    const Matrix<float> x = p_.x.block(rows.first, rows.n);
    add_attention(b, s, x, rows.pool);
    norm_for({&b.gate, &b.up}, b.ff_norm, x, s.normed, rows.pool);
    add_feed_forward(b, m_.shape, s, x, rows.pool);
  }

 private:
  const RowPlace& place(int row) const { return places_[static_cast<std::size_t>(row)]; }
  const TransformerBlock& block(int layer) const {
    return m_.blocks[static_cast<std::size_t>(layer)];
  }

  void embed() {
    const StageTimer timer(Stage::kEmbedding, pool_.n_threads());
    if (SectionStream* stream = m_.weights.stream()) return embed_from(*stream);
    kernels::for_each_row_block(p_.x.rows, pool_, [&](int first, int n) {
      for (int r = first; r < first + n; ++r) embed(r);
    });
  }

  void embed_from(SectionStream& stream) {
    for (int r = 0; r < p_.x.rows; ++r) {
      embed(r);
      const bool is_last = r + 1 == p_.x.rows;
      if ((r + 1) % SectionStream::kRowsResident == 0 || is_last)
        stream.drop_rows(Decoder::kEmbeddingSection);
    }
  }

  void embed(int r) {
    const RowPlace& at = place(r);
    const int i = at.position - at.step->kv->length();
    kernels::dequantise_row(m_.token_embedding, at.step->ids[static_cast<std::size_t>(i)],
                            p_.x.row(r));
    if (c_.embed_scale != 1) {
      for (float& v : p_.x.row(r)) v *= c_.embed_scale;
    }
    const auto n = static_cast<std::size_t>(c_.rope.n_dims);
    const std::span<float> turns = p_.turns.row(r);
    const auto angles = [&](const RopeTable& table, std::span<float> out) {
      rope_angles(table, at.position, rope_factors_of(table, at.step->longest), out);
    };
    angles(m_.rope, turns.first(n));
    angles(m_.window_rope, turns.subspan(n));
  }

  StepRows steps_of(const RowRange& rows) const {
    StepRows s = p_.steps.block(rows.scratch_row, rows.n);
    s.attended.f32 = p_.q.block(rows.first, rows.n);
    return s;
  }

  // Norms and turns one row's queries and keys, and writes keys and values to the cache.
  void turn_and_keep(int layer, int row, float* q, float* k, const float* v) {
    const bool windowed = c_.windows[static_cast<std::size_t>(layer)] > 0;
    const auto skip = static_cast<std::size_t>(windowed ? c_.rope.n_dims : 0);
    turn_heads(block(layer), m_.shape, windowed ? m_.window_rope : m_.rope,
               p_.turns.row(row).subspan(skip), q, k);
    const RowPlace& at = place(row);
    const auto page = static_cast<std::size_t>(at.position / kernels::kKvPageTokens);
    const KvSequence& kv = *at.step->kv;
    kernels::write_kv(kv.shape(), at.position % kernels::kKvPageTokens, k, v,
                      kv.pages(layer)[page]);
  }

  void output(Matrix<float> logits) {
    StageTimer timer(Stage::kLogits, pool_.n_threads());
    const kernels::Weight& weight = m_.output.weight;
    timer.add_work(2.0 * logits.rows * weight.n_in * weight.n_out,
                   static_cast<double>(weight.n_bytes()));
    int row = 0;
    int out = 0;
    for (const DecoderStep& step : steps_) {
      row += static_cast<int>(step.ids.size());
      const int n = step.n_logits;
      kernels::norm_rows(m_.final_norm, p_.x.block(row - n, n), p_.last.block(out, n), pool_);
      out += n;
    }
    QUERN_CHECK(out == logits.rows);
    kernels::multiply(p_.last, {.linear = m_.output, .out = logits}, pool_);
    if (c_.logit_softcap == 0) return;
    kernels::for_each_row_block(out, pool_, [&](int first, int n) {
      for (int r = first; r < first + n; ++r) {
        for (float& v : logits.row(r)) v = c_.logit_softcap * std::tanh(v / c_.logit_softcap);
      }
    });
  }

  const Decoder& m_;
  const formats::DecoderConfig& c_;
  const std::span<const DecoderStep> steps_;
  const Pass& p_;
  ThreadPool& pool_;
  std::vector<RowPlace> places_;
  std::vector<kernels::CachedRows> cached_;
};

}  // namespace

std::size_t decoder_scratch_bytes(const Decoder& model, kernels::KvType kv, int n_rows,
                                  int n_logits, int n_threads) {
  Carver counting = Carver::counting();
  carve(model, {kv, n_rows, n_logits, n_threads}, counting);
  return counting.n_bytes();
}

void decoder_forward(const Decoder& model, std::span<const DecoderStep> steps,
                     std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> logits) {
  int n_rows = 0;
  for (const DecoderStep& step : steps) n_rows += static_cast<int>(step.ids.size());
  if (n_rows == 0) return;
  QUERN_CHECK(logits.rows == 0 || logits.cols == model.config.n_vocab);
  Carver carver(scratch);
  const Pass pass =
      carve(model, {steps.front().kv->shape().type, n_rows, logits.rows, pool.n_threads()}, carver);
  const StageTimer timer(Stage::kForward, pool.n_threads());
  Run(model, steps, pass, pool).go(logits);
}

}  // namespace quern::models
