#include "models/pooling.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/thread_pool.h"

namespace quern::models {
namespace {

// Rows of a long text that are pooled before others may go first.
constexpr int kRowsBetweenRests = 256;

/// Calls add(t, row, out) for every row from `first` on.
template <typename Add>
void for_rows(Matrix<const float> rows, int first, const Add& add) {
  for (int t = first; t < rows.rows; ++t) {
    if (t % kRowsBetweenRests == 0) ThreadPool::rest();
    add(t, rows.row_data(t));
  }
}

void divide(std::span<float> out, float by) {
  for (float& v : out) v /= by;
}

void sum_rows(Matrix<const float> rows, int first, std::span<float> out) {
  std::fill(out.begin(), out.end(), 0.0f);
  for_rows(rows, first, [&](int, const float* row) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += row[i];
  });
}

void pool_weighted(Matrix<const float> rows, int first, std::span<float> out) {
  std::fill(out.begin(), out.end(), 0.0f);
  double weights = 0;
  for_rows(rows, first, [&](int t, const float* row) {
    const auto weight = static_cast<float>(t + 1);
    weights += weight;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += weight * row[i];
  });
  divide(out, static_cast<float>(weights));
}

void pool_max(Matrix<const float> rows, int first, std::span<float> out) {
  std::copy_n(rows.row_data(first), out.size(), out.begin());
  for_rows(rows, first + 1, [&](int, const float* row) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = std::max(out[i], row[i]);
  });
}

}  // namespace

void pool_rows(formats::Pooling pooling, Matrix<const float> rows, int first,
               std::span<float> out) {
  QUERN_CHECK(static_cast<int>(out.size()) == rows.cols);
  const int n = rows.rows - first;
  if (n <= 0) {
    std::fill(out.begin(), out.end(), 0.0f);
    return;
  }
  switch (pooling) {
    case formats::Pooling::kMean:
      sum_rows(rows, first, out);
      return divide(out, static_cast<float>(n));
    case formats::Pooling::kMeanSqrtLen:
      sum_rows(rows, first, out);
      return divide(out, std::sqrt(static_cast<float>(n)));
    case formats::Pooling::kWeightedMean:
      return pool_weighted(rows, first, out);
    case formats::Pooling::kMax:
      return pool_max(rows, first, out);
    case formats::Pooling::kCls:
      std::copy_n(rows.row_data(first), out.size(), out.begin());
      return;
    case formats::Pooling::kLast:
      std::copy_n(rows.row_data(rows.rows - 1), out.size(), out.begin());
      return;
  }
}

// Sums in double: the cost is nothing beside the forward pass, and length 1 then holds to the
// last bit of f32.
void normalize_row(std::span<float> row) {
  double squares = 0;
  for (const float v : row) squares += static_cast<double>(v) * static_cast<double>(v);
  if (squares == 0) return;
  const double scale = 1.0 / std::sqrt(squares);
  for (float& v : row) v = static_cast<float>(static_cast<double>(v) * scale);
}

}  // namespace quern::models
