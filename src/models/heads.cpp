#include "models/heads.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/check.h"
#include "base/thread_pool.h"

namespace quern::models {
namespace {

// Sums in double: the cost is nothing beside the forward pass, and length 1 then holds to the
// last bit of f32.
void normalize_row(std::span<float> row) {
  double squares = 0;
  for (const float v : row) squares += static_cast<double>(v) * static_cast<double>(v);
  if (squares == 0) return;
  const double scale = 1.0 / std::sqrt(squares);
  for (float& v : row) v = static_cast<float>(static_cast<double>(v) * scale);
}

// Rows of a long text that are pooled before others may go first.
constexpr int kRowsBetweenRests = 256;

void pool_mean(Matrix<const float> rows, std::span<float> out) {
  std::fill(out.begin(), out.end(), 0.0f);
  for (int t = 0; t < rows.rows; ++t) {
    if (t % kRowsBetweenRests == 0) ThreadPool::rest();
    const float* row = rows.row_data(t);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += row[i];
  }
  for (float& v : out) v /= static_cast<float>(rows.rows);
}

void pool_max(Matrix<const float> rows, std::span<float> out) {
  std::copy_n(rows.row_data(0), out.size(), out.begin());
  for (int t = 1; t < rows.rows; ++t) {
    if (t % kRowsBetweenRests == 0) ThreadPool::rest();
    const float* row = rows.row_data(t);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = std::max(out[i], row[i]);
  }
}

Matrix<const float> rows_of(const RaggedBatch& batch, Matrix<const float> hidden, int seq) {
  return hidden.block(batch.seq_starts[static_cast<std::size_t>(seq)], batch.seq_len(seq));
}

void pool(formats::Pooling pooling, Matrix<const float> rows, std::span<float> out) {
  if (rows.rows == 0) {
    std::fill(out.begin(), out.end(), 0.0f);
    return;
  }
  switch (pooling) {
    case formats::Pooling::kMean:
      return pool_mean(rows, out);
    case formats::Pooling::kMax:
      return pool_max(rows, out);
    case formats::Pooling::kCls:
      std::copy_n(rows.row_data(0), out.size(), out.begin());
      return;
    case formats::Pooling::kLast:
      std::copy_n(rows.row_data(rows.rows - 1), out.size(), out.begin());
      return;
  }
}

float activate(float x, formats::HeadActivation activation) {
  switch (activation) {
    case formats::HeadActivation::kTanh:
      return std::tanh(x);
    case formats::HeadActivation::kRelu:
      return std::max(x, 0.0f);
    case formats::HeadActivation::kGelu:
      return 0.5f * x * (1 + std::erf(x * std::numbers::sqrt2_v<float> / 2));
  }
  return x;
}

float dot(std::span<const float> a, const float* b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return static_cast<float>(sum);
}

}  // namespace

void pool_sequences(const RaggedBatch& batch, Matrix<const float> hidden,
                    const formats::HeadFacts& head, Matrix<float> out) {
  QUERN_CHECK(out.same_shape(batch.n_seqs(), hidden.cols));
  for (int s = 0; s < batch.n_seqs(); ++s) {
    pool(head.pooling, rows_of(batch, hidden, s), out.row(s));
    if (head.normalize) normalize_row(out.row(s));
  }
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
    pool(head.pooling, rows_of(batch, hidden, s), row);
    for (std::size_t i = 0; i < dense.size(); ++i) {
      const float bias = head.dense_b.empty() ? 0 : head.dense_b[i];
      dense[i] =
          activate(dot(row, head.dense_w.row_data(static_cast<int>(i))) + bias, head.activation);
    }
    if (!head.norm.empty()) {
      kernels::norm_rows(head.norm, dense_row, dense_row, ThreadPool::serial());
    }
    for (int l = 0; l < head.n_labels(); ++l) {
      out.row(s)[static_cast<std::size_t>(l)] =
          dot(dense, head.out_w.row_data(l)) + head.out_b[static_cast<std::size_t>(l)];
    }
  }
}

void slice_and_normalize(std::vector<float>& vector, int dimensions) {
  QUERN_CHECK(dimensions > 0 && dimensions <= static_cast<int>(vector.size()));
  vector.resize(static_cast<std::size_t>(dimensions));
  normalize_row(vector);
}

}  // namespace quern::models
