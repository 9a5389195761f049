// The forward pass with eight-bit matrix products. The residual stream stays in f32; attention is
// in bf16 where the processor multiplies it natively, else in f32.

#include "base/check.h"
#include "kernels/attention/attention.h"
#include "kernels/int8/int8.h"
#include "kernels/norm.h"
#include "models/bert.h"
#include "models/bert_steps.h"
#include "models/scratch.h"

namespace quern::models {
namespace {

using kernels::Int8Rows;

/// What one pass keeps. Q is the type attention reads: float or bf16 bits.
template <typename Q>
struct Scratch {
  Matrix<float> x;     // [n, d_model]      the residual stream
  Int8Rows in;         // [n, d_model]      x as matmuls read it
  Matrix<Q> qkv;       // [n, 3 * d_model]
  Matrix<float> attn;  // [n, d_model]
  Int8Rows attn_in;    // [block_scratch_rows, d_model]
  Int8Rows ff;         // [block_scratch_rows, d_ff]
  std::span<std::byte> attention;

  Scratch block(int first, int n, int scratch_row) const {
    Scratch s = *this;
    s.x = x.block(first, n);
    s.in = in.block(first, n);
    s.qkv = qkv.block(first, n);
    s.attn = attn.block(first, n);
    s.attn_in = attn_in.block(scratch_row, n);
    s.ff = ff.block(scratch_row, n);
    return s;
  }
};

kernels::MatmulOut to_qkv(const BertBlock& b, Matrix<float> qkv) {
  return {.bias = b.qkv_bias, .out = qkv};
}
kernels::MatmulOut to_qkv(const BertBlock& b, Matrix<std::uint16_t> qkv) {
  return {.bias = b.qkv_bias, .out_bf16 = qkv};
}

// `next` is the block that reads the result, null after the last one: then only x is wanted.
template <typename Q>
void after_attention(const BertModel& model, const BertBlock& b, const BertBlock* next,
                     const Scratch<Q>& s, ThreadPool& pool) {
  const float eps = model.config.norm_eps;
  kernels::int8_quantise(s.attn, {}, pool, s.attn_in);
  kernels::matmul_int8(s.attn_in, b.attn_out,
                       {.to = {.bias = b.attn_out_bias, .residual = s.x, .out = s.x}}, pool);
  kernels::layer_norm_int8(s.x, b.attn_norm_w, b.attn_norm_b, eps, b.ff_in_factors, pool, s.x,
                           s.in);
  kernels::matmul_int8(
      s.in, b.ff_in,
      {.to = {.bias = b.ff_in_bias, .activation = activation_of(model.config.activation)},
       .quantised = s.ff},
      pool);
  kernels::matmul_int8(s.ff, b.ff_out, {.to = {.bias = b.ff_out_bias, .residual = s.x, .out = s.x}},
                       pool);
  if (next == nullptr) {
    kernels::layer_norm(s.x, b.ff_norm_w, b.ff_norm_b, eps, pool, s.x, {});
  } else {
    kernels::layer_norm_int8(s.x, b.ff_norm_w, b.ff_norm_b, eps, next->qkv_factors, pool, s.x,
                             s.in);
  }
}

Int8Rows carve_rows(Carver& carve, int n_rows, int n_in) {
  const std::span<std::byte> bytes = carve.bytes(kernels::int8_rows_bytes(n_rows, n_in));
  return {.data = bytes.data(), .n_rows = n_rows, .n_in = n_in};
}

template <typename Q>
void forward(const BertModel& model, const RaggedBatch& batch, std::span<std::byte> scratch,
             ThreadPool& pool, Matrix<float> hidden) {
  const formats::BertConfig& c = model.config;
  const int n = batch.n_tokens();
  const int n_block = block_scratch_rows(n, pool.n_threads());
  Carver carve(scratch);
  Scratch<Q> s;
  s.x = hidden;
  s.in = carve_rows(carve, n, c.d_model);
  s.qkv = carve.matrix<Q>(n, 3 * c.d_model);
  s.attn = carve.matrix<float>(n, c.d_model);
  s.attn_in = carve_rows(carve, n_block, c.d_model);
  s.ff = carve_rows(carve, n_block, c.d_ff);
  s.attention = carve.bytes(kernels::attention_scratch_bytes(
      longest_sequence(batch), c.d_model / c.n_heads, pool.n_threads()));

  embed_rows(model, batch, pool, s.x);
  kernels::layer_norm_int8(s.x, model.embed_norm_w, model.embed_norm_b, c.norm_eps,
                           model.blocks[0].qkv_factors, pool, s.x, s.in);
  const std::size_t n_layers = model.blocks.size();
  for (std::size_t i = 0; i <= n_layers; ++i) {
    const BertBlock* next = i < n_layers ? &model.blocks[i] : nullptr;
    for_row_blocks(n, pool, [&](int first, int rows, int scratch_row, ThreadPool& p) {
      const Scratch<Q> mine = s.block(first, rows, scratch_row);
      if (i > 0) after_attention(model, model.blocks[i - 1], next, mine, p);
      if (next != nullptr) {
        kernels::matmul_int8(mine.in, next->qkv, {.to = to_qkv(*next, mine.qkv)}, p);
      }
    });
    if (next != nullptr)
      kernels::attention(s.qkv, batch.seq_starts, c.n_heads, s.attention, pool, s.attn);
  }
}

bool attends_in_bf16(const formats::BertConfig& c) {
  return kernels::active().native_bf16 && c.d_model / c.n_heads % 2 == 0;
}

}  // namespace

std::size_t bert_scratch_bytes_int8(const BertModel& model, int n_tokens, int longest,
                                    int n_threads) {
  const formats::BertConfig& c = model.config;
  const int n_block = block_scratch_rows(n_tokens, n_threads);
  const std::size_t qkv_element = attends_in_bf16(c) ? 2 : 4;
  return kernels::int8_rows_bytes(n_tokens, c.d_model) +
         scratch_bytes(n_tokens, 3 * c.d_model, qkv_element) +
         scratch_bytes(n_tokens, c.d_model, sizeof(float)) +
         kernels::int8_rows_bytes(n_block, c.d_model) + kernels::int8_rows_bytes(n_block, c.d_ff) +
         kernels::attention_scratch_bytes(longest, c.d_model / c.n_heads, n_threads);
}

void bert_forward_int8(const BertModel& model, const RaggedBatch& batch,
                       std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> hidden) {
  if (attends_in_bf16(model.config)) {
    forward<std::uint16_t>(model, batch, scratch, pool, hidden);
  } else {
    forward<float>(model, batch, scratch, pool, hidden);
  }
}

}  // namespace quern::models
