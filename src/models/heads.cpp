#include "models/heads.h"

#include <algorithm>
#include <cmath>

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
    const Matrix<const float> rows =
        hidden.block(batch.seq_starts[static_cast<std::size_t>(s)], batch.seq_len(s));
    const std::span<float> to = out.row(s);
    if (rows.rows == 0) {
      std::fill(to.begin(), to.end(), 0.0f);
      continue;
    }
    switch (head.pooling) {
      case formats::Pooling::kMean:
        pool_mean(rows, to);
        break;
      case formats::Pooling::kMax:
        pool_max(rows, to);
        break;
      case formats::Pooling::kCls:
        std::copy_n(rows.row_data(0), to.size(), to.begin());
        break;
      case formats::Pooling::kLast:
        std::copy_n(rows.row_data(rows.rows - 1), to.size(), to.begin());
        break;
    }
    if (head.normalize) normalize_row(to);
  }
}

void classify_sequences(const Classifier& head, const RaggedBatch& batch,
                        Matrix<const float> hidden, Matrix<float> out) {
  QUERN_CHECK(out.same_shape(batch.n_seqs(), head.n_labels()));
  std::vector<float> pooled(static_cast<std::size_t>(hidden.cols));
  for (int s = 0; s < batch.n_seqs(); ++s) {
    QUERN_CHECK(batch.seq_len(s) > 0);
    ThreadPool::rest();
    const auto first = hidden.row(batch.seq_starts[static_cast<std::size_t>(s)]);
    for (std::size_t i = 0; i < pooled.size(); ++i) {
      const int r = static_cast<int>(i);
      pooled[i] = std::tanh(dot(first, head.dense_w.row_data(r)) + head.dense_b[i]);
    }
    for (int l = 0; l < head.n_labels(); ++l) {
      out.row(s)[static_cast<std::size_t>(l)] =
          dot(pooled, head.out_w.row_data(l)) + head.out_b[static_cast<std::size_t>(l)];
    }
  }
}

void slice_and_normalize(std::vector<float>& vector, int dimensions) {
  QUERN_CHECK(dimensions > 0 && dimensions <= static_cast<int>(vector.size()));
  vector.resize(static_cast<std::size_t>(dimensions));
  normalize_row(vector);
}

}  // namespace quern::models
