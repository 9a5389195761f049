#include "models/heads.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/check.h"
#include "base/dot.h"
#include "base/thread_pool.h"
#include "models/pooling.h"

namespace quern::models {
namespace {

float product(std::span<const float> a, const float* b) {
  return static_cast<float>(wide_dot(a, {b, a.size()}));
}

}  // namespace

float activate(float x, formats::HeadActivation activation) {
  using enum formats::HeadActivation;
  switch (activation) {
    case kNone:
      return x;
    case kTanh:
      return std::tanh(x);
    case kRelu:
      return std::max(x, 0.0f);
    case kGelu:
      return 0.5f * x * (1 + std::erf(x * std::numbers::sqrt2_v<float> / 2));
    case kGeluTanh:
      return 0.5f * x * (1 + std::tanh(0.7978845608f * (x + 0.044715f * x * x * x)));
    case kSilu:
      return x / (1 + std::exp(-x));
    case kSigmoid:
      return 1 / (1 + std::exp(-x));
  }
  return x;
}

void classify_sequences(const Classifier& head, const RaggedBatch& batch,
                        Matrix<const float> hidden, Matrix<float> out) {
  QUERN_CHECK(out.same_shape(batch.n_seqs(), head.n_labels()));
  std::vector<float> row(static_cast<std::size_t>(hidden.cols));
  std::vector<float> dense(row.size());
  const Matrix<float> dense_row(dense.data(), 1, hidden.cols);
  for (int s = 0; s < batch.n_seqs(); ++s) {
    QUERN_CHECK(batch.seq_len(s) > 0);
    ThreadPool::rest();
    const auto first = batch.seq_starts[static_cast<std::size_t>(s)];
    pool_rows(head.pooling, hidden.block(first, batch.seq_len(s)), 0, row);
    if (head.dense_w.rows == 0) dense = row;
    for (int i = 0; i < head.dense_w.rows; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const float bias = head.dense_b.empty() ? 0 : head.dense_b[k];
      dense[k] = activate(product(row, head.dense_w.row_data(i)) + bias, head.activation);
    }
    if (!head.norm.empty()) {
      kernels::norm_rows(head.norm, dense_row, dense_row, ThreadPool::serial());
    }
    const float minus = head.minus_w.rows == 0 ? 0 : product(dense, head.minus_w.row_data(0));
    for (int l = 0; l < head.n_labels(); ++l) {
      out.row(s)[static_cast<std::size_t>(l)] =
          product(dense, head.out_w.row_data(l)) +
          (head.out_b.empty() ? 0 : head.out_b[static_cast<std::size_t>(l)]) - minus;
    }
  }
}

}  // namespace quern::models
