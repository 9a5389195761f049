// A borrowed, row-major view of numbers. Owning buffers live in buffer.h.

#pragma once

#include <cstddef>
#include <span>

namespace quern {

template <typename T>
struct Matrix {
  T* data = nullptr;
  int rows = 0;
  int cols = 0;
  int stride = 0;  // Elements from one row to the next; >= cols.

  Matrix() = default;
  Matrix(T* p, int n_rows, int n_cols) : Matrix(p, n_rows, n_cols, n_cols) {}
  Matrix(T* p, int n_rows, int n_cols, int row_stride)
      : data(p), rows(n_rows), cols(n_cols), stride(row_stride) {}

  operator Matrix<const T>() const { return {data, rows, cols, stride}; }

  bool same_shape(int r, int c) const { return rows == r && cols == c; }

  T* row_data(int i) const {
    return data + static_cast<std::ptrdiff_t>(i) * static_cast<std::ptrdiff_t>(stride);
  }
  std::span<T> row(int i) const { return {row_data(i), static_cast<std::size_t>(cols)}; }

  /// Rows [first, first + n).
  Matrix block(int first, int n) const { return {row_data(first), n, cols, stride}; }
  /// Columns [first, first + n) of all rows.
  Matrix columns(int first, int n) const { return {data + first, rows, n, stride}; }
};

}  // namespace quern
