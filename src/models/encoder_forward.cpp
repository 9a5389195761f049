// One pass of an encoder: rows of all sequences go through each block together; only attention and
// positions know which row is whose.

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/profiler.h"
#include "kernels/attention/attention.h"
#include "kernels/int8/int8_equalise.h"
#include "kernels/table.h"
#include "models/encoder.h"
#include "models/layers.h"
#include "models/scratch.h"

namespace quern::models {
namespace {

using kernels::Activations;
using kernels::Precision;
using kernels::RowForm;

// Rows of a long text that are looked up, at most a few microseconds each, before others may go
// first.
constexpr int kRowsBetweenRests = 256;

/// What a pass keeps beside the model and the hidden rows: pieces of the scratch.
struct Pass {
  Matrix<float> embedded;     // [n, d_embed], where a layer leads from there to d_model
  Matrix<float> turns;        // [n, 2 * rope dims]: angles of the rope, then of the window's rope
  Activations q, k, v, attn;  // [n, d_q] and [n, d_kv], in the type that attention reads and writes
  Matrix<float> turning_q, turning_k;  // [block rows, d_q] and [.., d_kv], of bf16 heads that turn
  std::span<std::byte> attention;
  StepRows steps;  // [block rows, ...]

  Matrix<float> layer_in;  // [block rows, d_model], where it is added to a layer again
  // Of the convolution: [n, d_model], and [block rows, d_model * n_taps] and [.., d_model]
  Matrix<float> conv_in, conv_taps, conv_out;
};

bool projects(const Encoder& m) { return !m.embed_project.empty(); }

bool has_turns(const Encoder& m) { return m.rope.n_dims > 0; }

/// Rows of the table of DeBERTa's distances; 0: there is none.
int n_distances(const Encoder& m) { return m.config.disentangled.n_rows(); }

bool norms_in_place(const Encoder& m) { return m.config.norm_place == formats::NormPlace::kPost; }

bool convolves(const Encoder& m) { return m.config.convolution.n_taps > 0; }

bool norms_queries(const Encoder& m) {
  return !m.blocks.empty() && !m.blocks.front().q_row_norm.empty();
}

/// Models of few bits attend in bf16 where the processor multiplies it natively; bf16 models
/// everywhere, unless their heads must be turned in f32 first.
bool attends_in_bf16(const Encoder& m) {
  if (m.precision != Precision::kBf16 && m.precision != Precision::kInt8) return false;
  if (norms_queries(m) || m.shape.d_head % 2 != 0) return false;
  if (m.precision == Precision::kBf16 && !has_turns(m)) return true;
  // Distances are packed in f32 for int8 models, wherever they will run.
  return kernels::active().native_bf16 && n_distances(m) == 0;
}

/// What attention writes: what the product behind it reads, where it can.
RowForm attention_form(const Encoder& m) {
  return m.precision == Precision::kBf16 && attends_in_bf16(m) ? RowForm::kBf16 : RowForm::kF32;
}

Pass carve(const Encoder& m, int n_tokens, int longest, int n_threads, Carver& carver) {
  const BlockShape& s = m.shape;
  const RowForm reads = attends_in_bf16(m) ? RowForm::kBf16 : RowForm::kF32;
  StepForms forms = m.forms;
  if (attention_form(m) == RowForm::kBf16) forms.attended = {};
  Pass p;
  if (projects(m)) p.embedded = carver.matrix<float>(n_tokens, m.config.d_embed);
  if (has_turns(m)) {
    p.turns = carver.matrix<float>(n_tokens, m.rope.n_dims + m.window_rope.n_dims);
  }
  p.q = carver.rows(n_tokens, s.d_q(), reads);
  p.k = carver.rows(n_tokens, s.d_kv(), reads);
  p.v = carver.rows(n_tokens, s.d_kv(), reads);
  p.attn = carver.rows(n_tokens, s.d_q(), attention_form(m));
  if (has_turns(m) && attends_in_bf16(m)) {
    const int n_rows = block_scratch_rows(n_tokens, n_threads);
    p.turning_q = carver.matrix<float>(n_rows, s.d_q());
    p.turning_k = carver.matrix<float>(n_rows, s.d_kv());
  }
  p.attention =
      carver.bytes(kernels::attention_scratch_bytes(longest, s.d_head, n_threads, n_distances(m)));
  p.steps =
      carve_steps(carver, block_scratch_rows(n_tokens, n_threads), s, forms, m.config.norm_place);
  const int n_rows = block_scratch_rows(n_tokens, n_threads);
  if (!m.blocks.empty() && !m.blocks.front().attn_norm_again.empty()) {
    p.layer_in = carver.matrix<float>(n_rows, s.d_model);
  }
  if (convolves(m)) {
    p.conv_in = carver.matrix<float>(n_tokens, s.d_model);
    p.conv_taps = carver.matrix<float>(n_rows, s.d_model * m.config.convolution.n_taps);
    p.conv_out = carver.matrix<float>(n_rows, s.d_model);
  }
  return p;
}

class Run {
 public:
  Run(const Encoder& model, const RaggedBatch& batch, const Pass& pass, ThreadPool& pool,
      Matrix<float> hidden, Int8Calibration* seen)
      : m_(model), batch_(batch), p_(pass), pool_(pool), x_(hidden), seen_(seen) {}

  void go() {
    WeightPass sections(m_.weights, m_.section_order);
    embed();
    for_each_layer(m_.config.n_layers, x_.rows, pool_, sections, *this);
  }

  // Of for_each_layer().
  void before_attention(int layer, const RowRange& rows) {
    const TransformerBlock& b = block(layer);
    const StepRows s = steps_of(rows);
    norm_for({&b.q, &b.k, &b.v}, norm_before(layer), x_.block(rows.first, rows.n), s.normed,
             rows.pool);
    observe(s.normed.f32, layer, &BlockMaxima::qkv);
    if (layer == 0 && convolves(m_)) {
      copy_rows(x_.block(rows.first, rows.n), p_.conv_in.block(rows.first, rows.n));
    }
    const Activations q = p_.q.block(rows.first, rows.n);
    const Activations k = p_.k.block(rows.first, rows.n);
    if (p_.turning_q.data != nullptr) return project_turned(layer, rows, s, q.bf16, k.bf16);
    project(b, s, q, k, p_.v.block(rows.first, rows.n), rows.pool);
    if (!b.q_row_norm.empty()) {
      kernels::norm_rows(b.q_row_norm, q.f32, q, rows.pool);
      kernels::norm_rows(b.k_row_norm, k.f32, k, rows.pool);
    }
    if (!has_turns(m_)) return;
    const StageTimer timer(Stage::kTurn, rows.pool.n_threads());
    kernels::for_each_row_block(rows.n, rows.pool, [&](int first, int n) {
      for (int r = first; r < first + n; ++r) {
        turn(layer, rows.first + r, q.f32.row_data(r), k.f32.row_data(r));
      }
    });
  }

  void attend(int layer) {
    StageTimer timer(Stage::kAttention, pool_.n_threads());
    if (timer.is_on()) {
      const auto i = static_cast<std::size_t>(layer);
      timer.add_work(attention_ops(has_window(layer) ? m_.config.windows[i] : 0), 0);
    }
    const kernels::AttentionSpec spec{
        .n_heads = m_.shape.n_heads,
        .n_kv_heads = m_.shape.n_kv_heads,
        .scale = m_.config.attn_scale,
        .causal = m_.config.causal,
        .window = has_window(layer) ? m_.config.windows[static_cast<std::size_t>(layer)] : 0,
        .offset_bias = m_.offset_bias,
        .relative = {.n = n_distances(m_),
                     .keys = block(layer).distance_keys,
                     .queries = block(layer).distance_queries,
                     .at = m_.distance_places},
        .n_keys = batch_.n_seen};
    const auto run = [&]<typename T, typename Out>(const kernels::AttentionRows<T, Out>& rows) {
      kernels::attention(spec, rows, batch_.seq_starts, p_.attention, pool_);
    };
    using Bf16 = std::uint16_t;
    if (p_.q.f32.data != nullptr) {
      run(kernels::AttentionRows<float, float>{p_.q.f32, p_.k.f32, p_.v.f32, p_.attn.f32});
    } else if (p_.attn.f32.data != nullptr) {
      run(kernels::AttentionRows<Bf16, float>{p_.q.bf16, p_.k.bf16, p_.v.bf16, p_.attn.f32});
    } else {
      run(kernels::AttentionRows<Bf16, Bf16>{p_.q.bf16, p_.k.bf16, p_.v.bf16, p_.attn.bf16});
    }
  }

  void after_attention(int layer, const RowRange& rows) {
    const TransformerBlock& b = block(layer);
    const StepRows s = steps_of(rows);
    const Matrix<float> x = x_.block(rows.first, rows.n);
    const kernels::Norm* norm = norms_in_place(m_) ? &b.attn_norm : &b.ff_norm;
    if (b.attn_norm_again.empty()) {
      add_attention(b, s, x, rows.pool);
    } else {
      const Matrix<float> layer_in = p_.layer_in.block(rows.scratch_row, rows.n);
      copy_rows(x, layer_in);
      add_attention(b, s, x, rows.pool);
      kernels::norm_rows(*norm, x, kernels::Activations{x}, rows.pool);
      add_rows(layer_in, x);
      norm = &b.attn_norm_again;
    }
    norm_for({&b.gate, &b.up}, *norm, x, s.normed, rows.pool);
    observe(s.normed.f32, layer, &BlockMaxima::ff_in);
    add_feed_forward(b, m_.shape, s, x, rows.pool);
    if (layer == 0 && convolves(m_)) {
      kernels::norm_rows(b.ff_norm, x, kernels::Activations{x}, rows.pool);
      convolve(rows, x);
    }
    if (layer + 1 < m_.config.n_layers) return;
    const bool ends_convolved = convolves(m_) && layer == 0;
    const kernels::Norm& last = ends_convolved ? m_.conv_norm : b.ff_norm;
    kernels::norm_rows(norms_in_place(m_) ? last : m_.final_norm, x, x, rows.pool);
  }

 private:
  const TransformerBlock& block(int layer) const {
    return m_.blocks[static_cast<std::size_t>(m_.config.block_of(layer))];
  }
  bool has_window(int layer) const {
    return !m_.config.windows.empty() && m_.config.windows[static_cast<std::size_t>(layer)] > 0;
  }

  // Sums of token, type and position embeddings, normed, and the angles of positions.
  // Of the scores and of the weighted sums, a multiply-add counted as two.
  double attention_ops(int window) const {
    double n_pairs = 0;
    for (int s = 0; s < batch_.n_seqs(); ++s) {
      const double n = batch_.seq_len(s);
      const double n_keys = window > 0 ? std::min<double>(n, 2.0 * window + 1) : n;
      n_pairs += m_.config.causal ? n * (n_keys + 1) / 2 : n * n_keys;
    }
    return 4 * n_pairs * m_.shape.d_q();
  }

  void embed() {
    const StageTimer timer(Stage::kEmbedding, pool_.n_threads());
    const bool is_streamed = m_.weights.stream() != nullptr;
    ThreadPool& pool = is_streamed ? ThreadPool::serial() : pool_;
    pool.parallel_for(batch_.n_seqs(), [&](int seq, int) {
      const int first = batch_.seq_starts[static_cast<std::size_t>(seq)];
      int n_counted = 0;
      for (int t = 0; t < batch_.seq_len(seq); ++t) {
        if (t % kRowsBetweenRests == 0) ThreadPool::rest();
        if (is_streamed && (first + t) % SectionStream::kRowsResident == 0) m_.files.drop_pages();
        embed_token(first + t, n_counted);
        if (has_turns(m_)) set_turns(first + t, t, batch_.seq_len(seq));
      }
    });
    if (projects(m_)) return project_embedding();
    // Where norms end their parts, this one is the first layer's norm_before().
    if (!m_.embed_norm.empty() && !norms_in_place(m_)) {
      kernels::norm_rows(m_.embed_norm, x_, x_, pool_);
    }
  }

  void project_embedding() {
    if (!m_.config.names->projects_before_norm) {
      kernels::norm_rows(m_.embed_norm, p_.embedded, p_.embedded, pool_);
    }
    kernels::multiply(p_.embedded, {.linear = m_.embed_project, .out = x_}, pool_);
  }

  void embed_token(int row, int& n_counted) {
    const auto i = static_cast<std::size_t>(row);
    const std::span<float> to = (projects(m_) ? p_.embedded : x_).row(row);
    float* out = to.data();
    std::memset(out, 0, to.size_bytes());
    add_row(m_.token_embedding, batch_.ids[i], out);
    if (m_.config.embed_scale != 1) {
      for (float& v : to) v *= m_.config.embed_scale;
    }
    if (!m_.type_embedding.empty()) add_row(m_.type_embedding, batch_.type_ids[i], out);
    if (!m_.position_embedding.empty()) {
      add_row(m_.position_embedding, position_row(batch_.ids[i], n_counted), out);
    }
  }

  void set_turns(int row, int position, int seq_len) {
    const auto n = static_cast<std::size_t>(m_.rope.n_dims);
    const std::span<float> turns = p_.turns.row(row);
    const auto angles = [&](const RopeTable& table, std::span<float> out) {
      rope_angles(table, position, rope_factors_of(table, seq_len), out);
    };
    angles(m_.rope, turns.first(n));
    angles(m_.window_rope, turns.subspan(n));
  }

  int position_row(std::int32_t id, int& n_counted) const {
    if (id == m_.config.pad_id) return m_.config.pad_id;
    return m_.config.first_position + n_counted++;
  }

  StepRows steps_of(const RowRange& rows) const {
    StepRows s = p_.steps.block(rows.scratch_row, rows.n);
    if (norms_in_place(m_)) s.normed.f32 = x_.block(rows.first, rows.n);
    const Activations attn = p_.attn.block(rows.first, rows.n);
    s.attended.f32 = attn.f32;
    if (attn.bf16.data != nullptr) s.attended.bf16 = attn.bf16;
    return s;
  }

  void observe(Matrix<const float> rows, int layer, std::vector<float> BlockMaxima::* largest) {
    if (seen_ == nullptr) return;
    kernels::int8_observe(
        rows, seen_->blocks[static_cast<std::size_t>(m_.config.block_of(layer))].*largest);
  }

  // The norm whose result a layer's attention reads: its own, or the one that ends the layer below.
  const kernels::Norm& norm_before(int layer) const {
    if (!norms_in_place(m_)) return block(layer).attn_norm;
    static constexpr kernels::Norm kNone;
    const bool is_normed = projects(m_) && !m_.config.names->projects_before_norm;
    if (layer == 0) return is_normed ? kNone : m_.embed_norm;
    return convolves(m_) && layer == 1 ? m_.conv_norm : block(layer - 1).ff_norm;
  }

  void turn(int layer, int row, float* q, float* k) const {
    const RopeTable& rope = has_window(layer) ? m_.window_rope : m_.rope;
    const auto skip = static_cast<std::size_t>(has_window(layer) ? m_.rope.n_dims : 0);
    turn_heads(block(layer), m_.shape, rope, p_.turns.row(row).subspan(skip), q, k);
  }

  // Heads turned in f32, then rounded to what attention reads.
  void project_turned(int layer, const RowRange& rows, const StepRows& s,
                      Matrix<std::uint16_t> q_out, Matrix<std::uint16_t> k_out) {
    const Matrix<float> q = p_.turning_q.block(rows.scratch_row, rows.n);
    const Matrix<float> k = p_.turning_k.block(rows.scratch_row, rows.n);
    project(block(layer), s, q, k, p_.v.block(rows.first, rows.n), rows.pool);
    kernels::for_each_row_block(rows.n, rows.pool, [&](int first, int n) {
      for (int r = first; r < first + n; ++r) {
        turn(layer, rows.first + r, q.row_data(r), k.row_data(r));
        kernels::active().bf16_row(q.row_data(r), q.cols, q_out.row_data(r));
        kernels::active().bf16_row(k.row_data(r), k.cols, k_out.row_data(r));
      }
    });
  }

  // x += activation(convolution of the first layer's input), each text by itself.
  void convolve(const RowRange& rows, Matrix<float> x) {
    const formats::Convolution& conv = m_.config.convolution;
    const Matrix<float> taps = p_.conv_taps.block(rows.scratch_row, rows.n);
    const Matrix<float> out = p_.conv_out.block(rows.scratch_row, rows.n);
    for (int r = 0; r < rows.n; ++r) gather_taps(rows.first + r, taps.row_data(r));
    const int n = m_.config.d_model / conv.n_groups;
    for (int g = 0; g < conv.n_groups; ++g) {
      kernels::multiply(
          taps.columns(g * n * conv.n_taps, n * conv.n_taps),
          {.linear = m_.conv[static_cast<std::size_t>(g)], .out = out.columns(g * n, n)},
          rows.pool);
    }
    for (int r = 0; r < rows.n; ++r) {
      for (float& v : out.row(r)) v = activate(v, conv.activation);
    }
    add_rows(out, x);
  }

  // What the filters see of a row's surroundings: the taps of the first column, of the second, ...
  void gather_taps(int row, float* out) const {
    const int n_taps = m_.config.convolution.n_taps;
    const auto next = std::upper_bound(batch_.seq_starts.begin(), batch_.seq_starts.end(), row);
    const int begin = *std::prev(next);
    const int end = *next;
    for (int t = 0; t < n_taps; ++t) {
      const int from = row + t - n_taps / 2;
      const float* in = from < begin || from >= end ? nullptr : p_.conv_in.row_data(from);
      for (int c = 0; c < m_.config.d_model; ++c) out[c * n_taps + t] = in == nullptr ? 0 : in[c];
    }
  }

  static void copy_rows(Matrix<const float> from, Matrix<float> to) {
    for (int r = 0; r < from.rows; ++r) std::copy_n(from.row_data(r), from.cols, to.row_data(r));
  }
  static void add_rows(Matrix<const float> from, Matrix<float> to) {
    for (int r = 0; r < from.rows; ++r) {
      for (int c = 0; c < from.cols; ++c) to.row_data(r)[c] += from.row_data(r)[c];
    }
  }

  const Encoder& m_;
  const RaggedBatch& batch_;
  const Pass& p_;
  ThreadPool& pool_;
  const Matrix<float> x_;
  Int8Calibration* const seen_;  // Only while observing: one thread, f32.
};

void forward(const Encoder& model, const RaggedBatch& batch, std::span<std::byte> scratch,
             ThreadPool& pool, Matrix<float> hidden, Int8Calibration* seen) {
  QUERN_CHECK(hidden.same_shape(batch.n_tokens(), model.config.d_model));
  if (batch.n_tokens() == 0) return;
  Carver carver(scratch);
  const Pass pass = carve(model, batch.n_tokens(), batch.longest(), pool.n_threads(), carver);
  const StageTimer timer(Stage::kForward, pool.n_threads());
  Run(model, batch, pass, pool, hidden, seen).go();
}

}  // namespace

std::size_t encoder_scratch_bytes(const Encoder& model, int n_tokens, int longest, int n_threads) {
  Carver counting = Carver::counting();
  carve(model, n_tokens, longest, n_threads, counting);
  return counting.n_bytes();
}

void encoder_forward(const Encoder& model, const RaggedBatch& batch, std::span<std::byte> scratch,
                     ThreadPool& pool, Matrix<float> hidden) {
  forward(model, batch, scratch, pool, hidden, nullptr);
}

void observe_encoder(const Encoder& model, const RaggedBatch& batch, std::span<std::byte> scratch,
                     Matrix<float> hidden, Int8Calibration& seen) {
  QUERN_CHECK(model.precision == Precision::kF32);
  if (seen.blocks.empty()) {
    const std::vector<float> zeros(static_cast<std::size_t>(model.config.d_model));
    seen.blocks.assign(model.blocks.size(), {.qkv = zeros, .ff_in = zeros});
  }
  forward(model, batch, scratch, ThreadPool::serial(), hidden, &seen);
}

void merge_maxima(const Int8Calibration& from, Int8Calibration& into) {
  if (into.blocks.empty()) {
    into = from;
    return;
  }
  const auto raise = [](const std::vector<float>& a, std::vector<float>& b) {
    std::transform(a.begin(), a.end(), b.begin(), b.begin(),
                   [](float x, float y) { return std::max(x, y); });
  };
  for (std::size_t i = 0; i < from.blocks.size(); ++i) {
    raise(from.blocks[i].qkv, into.blocks[i].qkv);
    raise(from.blocks[i].ff_in, into.blocks[i].ff_in);
  }
}

}  // namespace quern::models
