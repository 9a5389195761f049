// The forward pass in f32 and bf16.

#include <algorithm>
#include <type_traits>
#include <vector>

#include "base/check.h"
#include "kernels/attention/attention.h"
#include "kernels/int8/int8_equalise.h"
#include "kernels/matmul.h"
#include "kernels/norm.h"
#include "models/bert.h"
#include "models/bert_steps.h"
#include "models/scratch.h"

namespace quern::models {
namespace {

using kernels::MatmulOut;
using kernels::Precision;

/// What one pass keeps. T is the type matmuls read: float or bf16 bits.
template <typename T>
struct Scratch {
  Matrix<float> x;  // [n, d_model]      the residual stream
  Matrix<T> in;     // [n, d_model]      x as matmuls read it; for f32 it is x
  Matrix<T> qkv;    // [n, 3 * d_model]
  Matrix<T> attn;   // [n, d_model]
  Matrix<T> ff;     // [block_scratch_rows, d_ff]
  std::span<std::byte> attention;
  Int8Calibration* seen = nullptr;  // Only while observing: one thread, f32.

  Scratch block(int first, int n, int scratch_row) const {
    Scratch s = *this;
    s.x = x.block(first, n);
    s.in = in.block(first, n);
    s.qkv = qkv.block(first, n);
    s.attn = attn.block(first, n);
    s.ff = ff.block(scratch_row, n);
    return s;
  }
};

// One matrix under two names, of which only the type's own holds data.
Matrix<std::uint16_t> as_bf16(Matrix<float>) { return {}; }
Matrix<std::uint16_t> as_bf16(Matrix<std::uint16_t> m) { return m; }
Matrix<float> as_f32(Matrix<float> m) { return m; }
Matrix<float> as_f32(Matrix<std::uint16_t>) { return {}; }

/// Raises the maxima of one product's input, when somebody watches.
template <typename T>
void observe(const Scratch<T>& s, int layer, Matrix<T> input,
             std::vector<float> Int8Calibration::Block::* largest) {
  if constexpr (std::is_same_v<T, float>) {
    if (s.seen == nullptr) return;
    kernels::int8_observe(input, s.seen->blocks[static_cast<std::size_t>(layer)].*largest);
  }
}

template <typename T>
void project_qkv(const BertModel& model, int layer, const Scratch<T>& s, ThreadPool& pool) {
  const BertBlock& b = model.blocks[static_cast<std::size_t>(layer)];
  observe(s, layer, s.in, &Int8Calibration::Block::qkv);
  kernels::matmul(s.in, b.qkv,
                  {.bias = b.qkv_bias, .out = as_f32(s.qkv), .out_bf16 = as_bf16(s.qkv)}, pool);
}

// x = norm(x + Wo attn); x = norm(x + W2 act(W1 x))
template <typename T>
void after_attention(const BertModel& model, int layer, const Scratch<T>& s, ThreadPool& pool) {
  const BertBlock& b = model.blocks[static_cast<std::size_t>(layer)];
  const float eps = model.config.norm_eps;
  kernels::matmul(s.attn, b.attn_out, {.bias = b.attn_out_bias, .residual = s.x, .out = s.x}, pool);
  kernels::layer_norm(s.x, b.attn_norm_w, b.attn_norm_b, eps, pool, s.x, as_bf16(s.in));
  observe(s, layer, s.in, &Int8Calibration::Block::ff_in);
  kernels::matmul(s.in, b.ff_in,
                  {.bias = b.ff_in_bias,
                   .activation = activation_of(model.config.activation),
                   .out = as_f32(s.ff),
                   .out_bf16 = as_bf16(s.ff)},
                  pool);
  kernels::matmul(s.ff, b.ff_out, {.bias = b.ff_out_bias, .residual = s.x, .out = s.x}, pool);
  kernels::layer_norm(s.x, b.ff_norm_w, b.ff_norm_b, eps, pool, s.x, as_bf16(s.in));
}

template <typename T>
void forward(const BertModel& model, const RaggedBatch& batch, std::span<std::byte> scratch,
             ThreadPool& pool, Matrix<float> hidden, Int8Calibration* seen = nullptr) {
  const formats::BertConfig& c = model.config;
  const int n = batch.n_tokens();
  Carver carve(scratch);
  Scratch<T> s;
  s.seen = seen;
  s.x = hidden;
  if constexpr (sizeof(T) == sizeof(float)) {
    s.in = hidden;
  } else {
    s.in = carve.matrix<T>(n, c.d_model);
  }
  s.qkv = carve.matrix<T>(n, 3 * c.d_model);
  s.attn = carve.matrix<T>(n, c.d_model);
  s.ff = carve.matrix<T>(block_scratch_rows(n, pool.n_threads()), c.d_ff);
  s.attention = carve.bytes(kernels::attention_scratch_bytes(
      longest_sequence(batch), c.d_model / c.n_heads, pool.n_threads()));

  embed_rows(model, batch, pool, s.x);
  kernels::layer_norm(s.x, model.embed_norm_w, model.embed_norm_b, c.norm_eps, pool, s.x,
                      as_bf16(s.in));
  // Everything between two attentions is done block by block of rows.
  for (int i = 0; i <= c.n_layers; ++i) {
    for_row_blocks(n, pool, [&](int first, int rows, int scratch_row, ThreadPool& p) {
      const Scratch<T> mine = s.block(first, rows, scratch_row);
      if (i > 0) after_attention(model, i - 1, mine, p);
      if (i < c.n_layers) project_qkv(model, i, mine, p);
    });
    if (i < c.n_layers)
      kernels::attention(s.qkv, batch.seq_starts, c.n_heads, s.attention, pool, s.attn);
  }
}

}  // namespace

std::size_t bert_scratch_bytes(const BertModel& model, int n_tokens, int longest, int n_threads) {
  if (model.precision == Precision::kInt8) {
    return bert_scratch_bytes_int8(model, n_tokens, longest, n_threads);
  }
  const formats::BertConfig& c = model.config;
  const std::size_t element = model.precision == Precision::kF32 ? 4 : 2;
  std::size_t bytes = scratch_bytes(n_tokens, 3 * c.d_model, element) +
                      scratch_bytes(n_tokens, c.d_model, element) +
                      scratch_bytes(block_scratch_rows(n_tokens, n_threads), c.d_ff, element) +
                      kernels::attention_scratch_bytes(longest, c.d_model / c.n_heads, n_threads);
  if (model.precision == Precision::kBf16) bytes += scratch_bytes(n_tokens, c.d_model, element);
  return bytes;
}

void bert_forward(const BertModel& model, const RaggedBatch& batch, std::span<std::byte> scratch,
                  ThreadPool& pool, Matrix<float> hidden) {
  QUERN_CHECK(hidden.same_shape(batch.n_tokens(), model.config.d_model));
  if (batch.n_tokens() == 0) return;
  switch (model.precision) {
    case Precision::kF32:
      return forward<float>(model, batch, scratch, pool, hidden);
    case Precision::kBf16:
      return forward<std::uint16_t>(model, batch, scratch, pool, hidden);
    case Precision::kInt8:
      return bert_forward_int8(model, batch, scratch, pool, hidden);
  }
}

void observe_bert(const BertModel& model, const RaggedBatch& batch, std::span<std::byte> scratch,
                  Matrix<float> hidden, Int8Calibration& seen) {
  const formats::BertConfig& c = model.config;
  QUERN_CHECK(model.precision == Precision::kF32);
  QUERN_CHECK(hidden.same_shape(batch.n_tokens(), c.d_model));
  if (seen.blocks.empty()) {
    Int8Calibration::Block zeros;
    zeros.qkv = zeros.ff_in = std::vector<float>(static_cast<std::size_t>(c.d_model));
    seen.blocks.assign(static_cast<std::size_t>(c.n_layers), zeros);
  }
  if (batch.n_tokens() == 0) return;
  forward<float>(model, batch, scratch, ThreadPool::serial(), hidden, &seen);
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
