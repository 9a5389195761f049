// Rows of a tensor as its file stores them.

#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tensor/block_format.h"

namespace quern::models {

/// Consecutive rows of a tensor, in the bytes of its file; no bytes where only sizes are asked for.
struct RawRows {
  BlockFormat format = BlockFormat::kF32;
  int n_rows = 0;
  int n_cols = 0;  // A vector is one row.
  std::span<const std::byte> bytes;

  bool empty() const { return n_rows == 0; }
  std::size_t row_bytes() const { return bytes.size() / static_cast<std::size_t>(n_rows); }
  std::span<const std::byte> row(int i) const {
    return bytes.subspan(static_cast<std::size_t>(i) * row_bytes(), row_bytes());
  }
  RawRows slice(int first, int n) const {
    RawRows out = *this;
    out.n_rows = n;
    out.bytes = bytes.empty() ? bytes
                              : bytes.subspan(static_cast<std::size_t>(first) * row_bytes(),
                                              static_cast<std::size_t>(n) * row_bytes());
    return out;
  }
};

/// Numbers [first, first + n) of a vector. Its format has one number in each place: no blocks.
RawRows slice_numbers(const RawRows& vector, int first, int n);

/// Columns as rows, in f32, whose bytes lie in `storage`; without bytes, the sizes alone.
RawRows transposed(const RawRows& rows, std::vector<float>& storage);

/// One row widened to f32, exactly. Shapes: out [n_cols].
void read_row(const RawRows& rows, int i, std::span<float> out);

/// A table of rows that are looked up one by one, borrowed from the mapped file: only rows that
/// are looked up become resident.
using EmbeddingTable = RawRows;

/// out[i] += row[i]. Shapes: out [n_cols].
void add_row(const EmbeddingTable& table, int row, float* out);

}  // namespace quern::models
