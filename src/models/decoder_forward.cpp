// One pass of a decoder: rows of all sequences go through each block together; only attention and
// the caches know which row is whose.

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/check.h"
#include "kernels/attention/cached_attention.h"
#include "kernels/block/block_matmul.h"
#include "kernels/block/block_rows.h"
#include "kernels/table.h"
#include "models/decoder.h"
#include "models/scratch.h"

namespace quern::models {
namespace {

using kernels::BlockInput;
using kernels::BlockProduct;
using kernels::BlockRows;
using kernels::BlockWeight;
using kernels::Table;

std::size_t rows_bytes(int n_rows, int n_cols) {
  return (kernels::block_rows_bytes(n_rows, n_cols) + 63) / 64 * 64;
}

/// Everything a pass needs beside the model: pieces of the scratch.
struct Pass {
  Matrix<float> x;      // [n_rows, d_model], the residual stream
  Matrix<float> q;      // [n_rows, n_heads * d_head], and what attention makes of it
  Matrix<float> turns;  // [n_rows, 2 * rope dims]: angles of the rope, then of the window's rope
  std::span<std::byte> attention;

  // Of one block of rows: see for_row_blocks.
  Matrix<float> normed;                                  // [block rows, d_model]
  Matrix<float> k, v;                                    // [block rows, n_kv_heads * d_head]
  Matrix<float> gate, up;                                // [block rows, d_ff]
  std::span<std::byte> d_model_rows, q_rows, d_ff_rows;  // quantised

  Matrix<float> last;  // [n_logits, d_model]
  std::span<std::byte> last_rows;
};

struct Sizes {
  int n_rows = 0;
  int n_logits = 0;
  int n_block_rows = 0;
  std::size_t attention_bytes = 0;
};

int turn_cols(const formats::DecoderConfig& c) { return c.rope.n_dims + c.window_rope.n_dims; }

/// The pieces in their order; with a null carver, only their bytes.
std::size_t pass_bytes(const formats::DecoderConfig& c, const Sizes& s) {
  const int d_q = c.n_heads * c.d_head;
  const int d_kv = c.n_kv_heads * c.d_head;
  const int n = s.n_block_rows;
  return scratch_bytes(s.n_rows, c.d_model, 4) + scratch_bytes(s.n_rows, d_q, 4) +
         scratch_bytes(s.n_rows, turn_cols(c), 4) + s.attention_bytes +
         scratch_bytes(n, c.d_model, 4) + 2 * scratch_bytes(n, d_kv, 4) +
         2 * scratch_bytes(n, c.d_ff, 4) + rows_bytes(n, c.d_model) + rows_bytes(n, d_q) +
         rows_bytes(n, c.d_ff) + scratch_bytes(s.n_logits, c.d_model, 4) +
         rows_bytes(s.n_logits, c.d_model);
}

Pass carve(const formats::DecoderConfig& c, const Sizes& s, std::span<std::byte> scratch) {
  const int d_q = c.n_heads * c.d_head;
  const int d_kv = c.n_kv_heads * c.d_head;
  const int n = s.n_block_rows;
  Carver carver(scratch);
  Pass p;
  p.x = carver.matrix<float>(s.n_rows, c.d_model);
  p.q = carver.matrix<float>(s.n_rows, d_q);
  p.turns = carver.matrix<float>(s.n_rows, turn_cols(c));
  p.attention = carver.bytes(s.attention_bytes);
  p.normed = carver.matrix<float>(n, c.d_model);
  p.k = carver.matrix<float>(n, d_kv);
  p.v = carver.matrix<float>(n, d_kv);
  p.gate = carver.matrix<float>(n, c.d_ff);
  p.up = carver.matrix<float>(n, c.d_ff);
  p.d_model_rows = carver.bytes(rows_bytes(n, c.d_model));
  p.q_rows = carver.bytes(rows_bytes(n, d_q));
  p.d_ff_rows = carver.bytes(rows_bytes(n, c.d_ff));
  p.last = carver.matrix<float>(s.n_logits, c.d_model);
  p.last_rows = carver.bytes(rows_bytes(s.n_logits, c.d_model));
  return p;
}

Sizes sizes_of(const Decoder& m, kernels::KvType kv, int n_rows, int n_logits, int n_threads) {
  const kernels::KvShape shape{
      .type = kv, .n_kv_heads = m.config.n_kv_heads, .d_head = m.config.d_head};
  const std::size_t bytes = kernels::cached_attention_scratch_bytes(shape, n_threads);
  return {.n_rows = n_rows,
          .n_logits = n_logits,
          .n_block_rows = block_scratch_rows(n_rows, n_threads),
          .attention_bytes = (bytes + 63) / 64 * 64};
}

kernels::Activation activation_of(formats::GateActivation gate) {
  switch (gate) {
    case formats::GateActivation::kSilu:
      return kernels::Activation::kSilu;
    case formats::GateActivation::kGelu:
      return kernels::Activation::kGelu;
    case formats::GateActivation::kGeluTanh:
      return kernels::Activation::kGeluTanh;
  }
  return kernels::Activation::kNone;
}

/// Calls work(row) over rows: split over the pool when that is worth a hand-over.
template <typename Work>
void for_rows(int n_rows, ThreadPool& pool, const Work& work) {
  constexpr int kRowsPerPart = 8;
  if (n_rows < 2 * kRowsPerPart || pool.n_threads() == 1) {
    for (int r = 0; r < n_rows; ++r) work(r);
    return;
  }
  pool.parallel_for((n_rows + kRowsPerPart - 1) / kRowsPerPart, [&](int part, int) {
    const int end = std::min(n_rows, (part + 1) * kRowsPerPart);
    for (int r = part * kRowsPerPart; r < end; ++r) work(r);
  });
}

/// The rows of a product's left side, quantised if any of the weights wants them so.
class Input {
 public:
  Input(Matrix<const float> f32, std::span<std::byte> storage,
        std::initializer_list<const BlockWeight*> weights)
      : input_{.f32 = f32, .rows = {.data = storage.data(), .n_rows = f32.rows, .n_in = f32.cols}} {
    for (const BlockWeight* w : weights)
      is_quantised_ = is_quantised_ || kernels::takes_block_rows(w->format);
  }

  void quantise_row(int r) const {
    if (is_quantised_) kernels::quantise_block_row(input_.f32.row_data(r), input_.rows, r);
  }
  const BlockInput& get() const { return input_; }

 private:
  BlockInput input_;
  bool is_quantised_ = false;
};

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
    for_rows(p_.x.rows, pool_, [&](int r) { embed(r); });
    for (int layer = 0; layer < c_.n_layers; ++layer) {
      // From attention to attention a block of rows stays with one thread.
      for_row_blocks(p_.x.rows, pool_, [&](int first, int n, int at, ThreadPool& pool) {
        if (layer > 0) after_attention(layer - 1, first, n, at, pool);
        before_attention(layer, first, n, at, pool);
      });
      attend(layer);
    }
    for_row_blocks(p_.x.rows, pool_, [&](int first, int n, int at, ThreadPool& pool) {
      after_attention(c_.n_layers - 1, first, n, at, pool);
    });
    for (const DecoderStep& step : steps_) {
      step.kv->advance(step.kv->length() + static_cast<int>(step.ids.size()));
    }
    output(logits);
  }

 private:
  const RowPlace& place(int row) const { return places_[static_cast<std::size_t>(row)]; }

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
      const bool is_long = at.step->longest > table.n_short_positions;
      rope_angles(table, at.position, is_long, out);
    };
    angles(m_.rope, turns.first(n));
    angles(m_.window_rope, turns.subspan(n));
  }

  void norm(Matrix<const float> x, std::span<const float> weight, int r, Matrix<float> out,
            int out_row) const {
    table_.rms_norm_row(x.row_data(r), weight.data(), x.cols, c_.norm_eps, out.row_data(out_row));
  }

  // Norms, q, k and v of rows [first, first + n), which use the scratch rows from `at` on.
  void before_attention(int layer, int first, int n, int at, ThreadPool& pool) {
    const DecoderBlock& b = m_.blocks[static_cast<std::size_t>(layer)];
    const Matrix<float> normed = p_.normed.block(at, n);
    const Matrix<float> q = p_.q.block(first, n);
    const Matrix<float> k = p_.k.block(at, n);
    const Matrix<float> v = p_.v.block(at, n);
    const Input input(normed, rows_at(p_.d_model_rows, at, c_.d_model), {&b.q, &b.k, &b.v});
    for_rows(n, pool, [&](int r) {
      norm(p_.x, b.attn_norm, first + r, normed, r);
      input.quantise_row(r);
    });
    const BlockProduct products[] = {{.weight = b.q, .out = q, .bias = b.q_bias},
                                     {.weight = b.k, .out = k, .bias = b.k_bias},
                                     {.weight = b.v, .out = v, .bias = b.v_bias}};
    kernels::matmul(input.get(), products, pool);
    for_rows(n, pool, [&](int r) { turn_and_keep(layer, first + r, q, k, v, r); });
  }

  // Norms and turns one row's queries and keys, and writes keys and values to the cache.
  void turn_and_keep(int layer, int row, Matrix<float> q, Matrix<float> k, Matrix<float> v, int r) {
    const DecoderBlock& b = m_.blocks[static_cast<std::size_t>(layer)];
    const bool windowed = c_.windows[static_cast<std::size_t>(layer)] > 0;
    const RopeTable& rope = windowed ? m_.window_rope : m_.rope;
    const std::span<const float> turns =
        p_.turns.row(row).subspan(windowed ? static_cast<std::size_t>(c_.rope.n_dims) : 0);
    const auto turn = [&](std::span<const float> weight, int n_heads, float* heads) {
      for (int h = 0; h < n_heads && !weight.empty(); ++h) {
        float* head = heads + h * c_.d_head;
        table_.rms_norm_row(head, weight.data(), c_.d_head, c_.norm_eps, head);
      }
      rope_rotate(rope, turns, n_heads, c_.d_head, heads);
    };
    turn(b.q_norm, c_.n_heads, q.row_data(r));
    turn(b.k_norm, c_.n_kv_heads, k.row_data(r));
    const RowPlace& at = place(row);
    const auto page = static_cast<std::size_t>(at.position / kernels::kKvPageTokens);
    const KvSequence& kv = *at.step->kv;
    kernels::write_kv(kv.shape(), at.position % kernels::kKvPageTokens, k.row_data(r),
                      v.row_data(r), kv.pages(layer)[page]);
  }

  void attend(int layer) {
    int row = 0;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const DecoderStep& step = steps_[i];
      cached_[i] = {.pages = step.kv->pages(layer),
                    .first_row = row,
                    .n_rows = static_cast<int>(step.ids.size()),
                    .first_position = step.kv->length()};
      row += cached_[i].n_rows;
    }
    const kernels::CachedAttention spec{.kv = steps_.front().kv->shape(),
                                        .n_heads = c_.n_heads,
                                        .scale = c_.attn_scale,
                                        .softcap = c_.attn_softcap,
                                        .window = c_.windows[static_cast<std::size_t>(layer)]};
    kernels::cached_attention(spec, p_.q, cached_, p_.attention, pool_, p_.q);
  }

  // out = residual stream + [norm of] rows W^T + bias.
  void add_product(const Input& input, const BlockWeight& w, std::span<const float> bias,
                   std::span<const float> post_norm, Matrix<float> normed, Matrix<float> x,
                   ThreadPool& pool) {
    if (post_norm.empty()) {
      const BlockProduct product[] = {{.weight = w, .out = x, .bias = bias, .residual = x}};
      return kernels::matmul(input.get(), product, pool);
    }
    const BlockProduct product[] = {{.weight = w, .out = normed, .bias = bias}};
    kernels::matmul(input.get(), product, pool);
    for_rows(x.rows, pool, [&](int r) {
      norm(normed, post_norm, r, normed, r);
      float* to = x.row_data(r);
      const float* from = normed.row_data(r);
      for (int i = 0; i < x.cols; ++i) to[i] += from[i];
    });
  }

  // The rest of a block for rows [first, first + n).
  void after_attention(int layer, int first, int n, int at, ThreadPool& pool) {
    const DecoderBlock& b = m_.blocks[static_cast<std::size_t>(layer)];
    const Matrix<float> x = p_.x.block(first, n);
    const Matrix<float> normed = p_.normed.block(at, n);
    const Matrix<float> q = p_.q.block(first, n);
    const Matrix<float> gate = p_.gate.block(at, n);
    const Matrix<float> up = p_.up.block(at, n);

    const Input attended(q, rows_at(p_.q_rows, at, q.cols), {&b.attn_out});
    for_rows(n, pool, [&](int r) { attended.quantise_row(r); });
    add_product(attended, b.attn_out, b.attn_out_bias, b.post_attn_norm, normed, x, pool);

    const Input input(normed, rows_at(p_.d_model_rows, at, c_.d_model), {&b.gate, &b.up});
    for_rows(n, pool, [&](int r) {
      norm(x, b.ff_norm, r, normed, r);
      input.quantise_row(r);
    });
    const BlockProduct products[] = {{.weight = b.gate, .out = gate, .bias = b.gate_bias},
                                     {.weight = b.up, .out = up, .bias = b.up_bias}};
    kernels::matmul(input.get(), products, pool);
    const Input gated(gate, rows_at(p_.d_ff_rows, at, c_.d_ff), {&b.down});
    for_rows(n, pool, [&](int r) {
      table_.gated_row(gate.row_data(r), up.row_data(r), c_.d_ff, gate_, gate.row_data(r));
      gated.quantise_row(r);
    });
    add_product(gated, b.down, b.down_bias, b.post_ff_norm, normed, x, pool);
  }

  static std::span<std::byte> rows_at(std::span<std::byte> all, int at, int n_cols) {
    return all.subspan(static_cast<std::size_t>(at) *
                       (BlockRows{.data = nullptr, .n_rows = 1, .n_in = n_cols}).row_bytes());
  }

  void output(Matrix<float> logits) {
    if (logits.rows == 0) return;
    int row = 0;
    int out = 0;
    for (const DecoderStep& step : steps_) {
      row += static_cast<int>(step.ids.size());
      for (int i = step.n_logits; i > 0; --i) norm(p_.x, m_.final_norm, row - i, p_.last, out++);
    }
    QUERN_CHECK(out == logits.rows);
    const Input input(p_.last, p_.last_rows, {&m_.output});
    for_rows(out, pool_, [&](int r) { input.quantise_row(r); });
    const BlockProduct product[] = {{.weight = m_.output, .out = logits}};
    kernels::matmul(input.get(), product, pool_);
    if (c_.logit_softcap == 0) return;
    for_rows(out, pool_, [&](int r) {
      for (float& v : logits.row(r)) v = c_.logit_softcap * std::tanh(v / c_.logit_softcap);
    });
  }

  const Decoder& m_;
  const formats::DecoderConfig& c_;
  const std::span<const DecoderStep> steps_;
  const Pass& p_;
  ThreadPool& pool_;
  const Table& table_ = kernels::active();
  const kernels::Activation gate_ = activation_of(c_.activation);
  std::vector<RowPlace> places_;
  std::vector<kernels::CachedRows> cached_;
};

}  // namespace

std::size_t decoder_scratch_bytes(const Decoder& model, kernels::KvType kv, int n_rows,
                                  int n_logits, int n_threads) {
  return pass_bytes(model.config, sizes_of(model, kv, n_rows, n_logits, n_threads));
}

void decoder_forward(const Decoder& model, std::span<const DecoderStep> steps,
                     std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> logits) {
  int n_rows = 0;
  for (const DecoderStep& step : steps) n_rows += static_cast<int>(step.ids.size());
  if (n_rows == 0) return;
  const kernels::KvType kv = steps.front().kv->shape().type;
  const Sizes sizes = sizes_of(model, kv, n_rows, logits.rows, pool.n_threads());
  QUERN_CHECK(scratch.size() >= pass_bytes(model.config, sizes));
  QUERN_CHECK(logits.rows == 0 || logits.cols == model.config.n_vocab);
  Run(model, steps, carve(model.config, sizes, scratch), pool).go(logits);
}

}  // namespace quern::models
