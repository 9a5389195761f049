// The forward pass. Two ways to split it over threads give the same bits: with many rows each
// thread takes blocks of rows through everything between two attentions while they stay in its
// cache; with few rows each operation is split on its own.

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "kernels/attention.h"
#include "kernels/matmul.h"
#include "kernels/norm.h"
#include "models/bert.h"

namespace quern::models {
namespace {

using kernels::MatmulOut;
using kernels::Precision;

// A stride that spreads rows over the cache sets when the width is a power of two.
int padded(int cols) { return (cols + 15) / 16 * 16 + 16; }

std::size_t matrix_bytes(int rows, int cols, std::size_t element) {
  return (static_cast<std::size_t>(rows) * static_cast<std::size_t>(padded(cols)) * element + 63) /
         64 * 64;
}

/// Hands out 64-byte aligned pieces of the scratch.
class Carver {
 public:
  explicit Carver(std::span<std::byte> scratch) : left_(scratch) {}

  template <typename T>
  Matrix<T> matrix(int rows, int cols) {
    return {reinterpret_cast<T*>(take(matrix_bytes(rows, cols, sizeof(T)))), rows, cols,
            padded(cols)};
  }
  std::span<std::byte> bytes(std::size_t n) { return {take(n), n}; }

 private:
  std::byte* take(std::size_t n) {
    QUERN_CHECK(n <= left_.size());
    std::byte* p = left_.data();
    left_ = left_.subspan(n);
    return p;
  }
  std::span<std::byte> left_;
};

/// What one pass keeps. T is the type matmuls read: float or bf16 bits.
template <typename T>
struct Scratch {
  Matrix<float> x;  // [n, d_model]      the residual stream
  Matrix<T> in;     // [n, d_model]      x as matmuls read it; for f32 it is x
  Matrix<T> qkv;    // [n, 3 * d_model]
  Matrix<T> attn;   // [n, d_model]
  Matrix<T> ff;     // [n_ff, d_ff]      one run of rows for each thread, or all rows
  std::span<std::byte> attention;

  Scratch block(int first, int n) const {
    Scratch s = *this;
    s.x = x.block(first, n);
    s.in = in.block(first, n);
    s.qkv = qkv.block(first, n);
    s.attn = attn.block(first, n);
    return s;
  }
};

Matrix<std::uint16_t> as_bf16(Matrix<float>) { return {}; }
Matrix<std::uint16_t> as_bf16(Matrix<std::uint16_t> m) { return m; }
Matrix<float> as_f32(Matrix<float> m) { return m; }
Matrix<float> as_f32(Matrix<std::uint16_t>) { return {}; }

void matmul(Matrix<const float> x, const kernels::Weight& w, const MatmulOut& to,
            ThreadPool& pool) {
  kernels::matmul_f32(x, w, to, pool);
}
void matmul(Matrix<const std::uint16_t> x, const kernels::Weight& w, const MatmulOut& to,
            ThreadPool& pool) {
  kernels::matmul_bf16(x, w, to, pool);
}

kernels::Activation activation_of(formats::Activation a) {
  switch (a) {
    case formats::Activation::kGelu:
      return kernels::Activation::kGelu;
    case formats::Activation::kGeluTanh:
      return kernels::Activation::kGeluTanh;
    case formats::Activation::kRelu:
      return kernels::Activation::kRelu;
  }
  return kernels::Activation::kNone;
}

template <typename T>
void embed_rows(const BertModel& model, const RaggedBatch& batch, ThreadPool& pool,
                const Scratch<T>& s) {
  const auto d = static_cast<std::size_t>(model.config.d_model);
  pool.parallel_for(batch.n_seqs(), [&](int seq, int) {
    const int first = batch.seq_starts[static_cast<std::size_t>(seq)];
    for (int t = 0; t < batch.seq_len(seq); ++t) {
      const auto row = static_cast<std::size_t>(first + t);
      float* out = s.x.row_data(first + t);
      std::memset(out, 0, d * sizeof(float));
      model.token_embedding.add_row(batch.ids[row], out);
      model.type_embedding.add_row(batch.type_ids[row], out);
      model.position_embedding.add_row(t, out);
    }
  });
  kernels::layer_norm(s.x, model.embed_norm_w, model.embed_norm_b, model.config.norm_eps, pool, s.x,
                      as_bf16(s.in));
}

template <typename T>
void project_qkv(const BertBlock& b, const Scratch<T>& s, ThreadPool& pool) {
  matmul(s.in, b.qkv, {.bias = b.qkv_bias, .out = as_f32(s.qkv), .out_bf16 = as_bf16(s.qkv)}, pool);
}

// x = norm(x + Wo attn); x = norm(x + W2 act(W1 x))
template <typename T>
void after_attention(const BertModel& model, const BertBlock& b, const Scratch<T>& s,
                     ThreadPool& pool) {
  const float eps = model.config.norm_eps;
  matmul(s.attn, b.attn_out, {.bias = b.attn_out_bias, .residual = s.x, .out = s.x}, pool);
  kernels::layer_norm(s.x, b.attn_norm_w, b.attn_norm_b, eps, pool, s.x, as_bf16(s.in));
  matmul(s.in, b.ff_in,
         {.bias = b.ff_in_bias,
          .activation = activation_of(model.config.activation),
          .out = as_f32(s.ff),
          .out_bf16 = as_bf16(s.ff)},
         pool);
  matmul(s.ff, b.ff_out, {.bias = b.ff_out_bias, .residual = s.x, .out = s.x}, pool);
  kernels::layer_norm(s.x, b.ff_norm_w, b.ff_norm_b, eps, pool, s.x, as_bf16(s.in));
}

void attention(Matrix<const float> qkv, const RaggedBatch& batch, int n_heads,
               std::span<std::byte> scratch, ThreadPool& pool, Matrix<float> out) {
  kernels::attention_f32(qkv, batch.seq_starts, n_heads, scratch, pool, out);
}
void attention(Matrix<const std::uint16_t> qkv, const RaggedBatch& batch, int n_heads,
               std::span<std::byte> scratch, ThreadPool& pool, Matrix<std::uint16_t> out) {
  kernels::attention_bf16(qkv, batch.seq_starts, n_heads, scratch, pool, out);
}

// Rows that one thread carries from attention to attention: few enough that their activations
// share its L2 with a panel of weights, enough that each pass over the weights is well used.
constexpr int kRowsPerPart = 96;

// Below this many rows a thread, whole-row blocks would leave threads idle.
bool takes_row_blocks(int n_tokens, int n_threads) {
  return n_tokens >= 2 * kRowsPerPart * n_threads || n_threads == 1;
}

int ff_rows(int n_tokens, int n_threads) {
  return takes_row_blocks(n_tokens, n_threads) ? std::min(n_tokens, kRowsPerPart) * n_threads
                                               : n_tokens;
}

template <typename T>
void run_blocks(const BertModel& model, const RaggedBatch& batch, const Scratch<T>& s,
                ThreadPool& pool) {
  const int n = batch.n_tokens();
  const bool by_rows = takes_row_blocks(n, pool.n_threads());
  const auto in_row_blocks = [&](const auto& work) {
    if (!by_rows) return work(s, pool);
    pool.parallel_for((n + kRowsPerPart - 1) / kRowsPerPart, [&](int part, int thread) {
      const int first = part * kRowsPerPart;
      const int rows = std::min(kRowsPerPart, n - first);
      Scratch<T> mine = s.block(first, rows);
      mine.ff = s.ff.block(thread * std::min(n, kRowsPerPart), rows);
      work(mine, ThreadPool::serial());
    });
  };
  for (std::size_t i = 0; i <= model.blocks.size(); ++i) {
    in_row_blocks([&](const Scratch<T>& rows, ThreadPool& p) {
      if (i > 0) after_attention(model, model.blocks[i - 1], rows, p);
      if (i < model.blocks.size()) project_qkv(model.blocks[i], rows, p);
    });
    if (i == model.blocks.size()) return;
    attention(s.qkv, batch, model.config.n_heads, s.attention, pool, s.attn);
  }
}

template <typename T>
void forward(const BertModel& model, const RaggedBatch& batch, std::span<std::byte> scratch,
             ThreadPool& pool, Matrix<float> hidden) {
  const formats::BertConfig& c = model.config;
  const int n = batch.n_tokens();
  int longest = 0;
  for (int i = 0; i < batch.n_seqs(); ++i) longest = std::max(longest, batch.seq_len(i));
  Carver carve(scratch);
  Scratch<T> s;
  s.x = hidden;
  if constexpr (sizeof(T) == sizeof(float)) {
    s.in = hidden;
  } else {
    s.in = carve.matrix<T>(n, c.d_model);
  }
  s.qkv = carve.matrix<T>(n, 3 * c.d_model);
  s.attn = carve.matrix<T>(n, c.d_model);
  s.ff = carve.matrix<T>(ff_rows(n, pool.n_threads()), c.d_ff);
  s.attention = carve.bytes(
      kernels::attention_scratch_bytes(longest, c.d_model / c.n_heads, pool.n_threads()));
  embed_rows(model, batch, pool, s);
  run_blocks(model, batch, s, pool);
}

}  // namespace

std::size_t bert_scratch_bytes(const BertModel& model, int n_tokens, int longest, int n_threads) {
  const formats::BertConfig& c = model.config;
  const std::size_t element = model.precision == Precision::kF32 ? 4 : 2;
  std::size_t bytes = matrix_bytes(n_tokens, 3 * c.d_model, element) +
                      matrix_bytes(n_tokens, c.d_model, element) +
                      matrix_bytes(ff_rows(n_tokens, n_threads), c.d_ff, element) +
                      kernels::attention_scratch_bytes(longest, c.d_model / c.n_heads, n_threads);
  if (model.precision != Precision::kF32) bytes += matrix_bytes(n_tokens, c.d_model, element);
  return bytes;
}

void bert_forward(const BertModel& model, const RaggedBatch& batch, std::span<std::byte> scratch,
                  ThreadPool& pool, Matrix<float> hidden) {
  QUERN_CHECK(hidden.same_shape(batch.n_tokens(), model.config.d_model));
  if (batch.n_tokens() == 0) return;
  if (model.precision == Precision::kF32) {
    forward<float>(model, batch, scratch, pool, hidden);
  } else {
    forward<std::uint16_t>(model, batch, scratch, pool, hidden);
  }
}

}  // namespace quern::models
