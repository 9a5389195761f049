// Cutting one run of scratch bytes into matrices, and rows into blocks for the threads. Only the
// forward passes include it.

#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/check.h"
#include "base/thread_pool.h"
#include "tensor/matrix.h"

namespace quern::models {

/// A stride that spreads rows over the cache sets when the width is a power of two.
inline int padded_stride(int cols) { return (cols + 15) / 16 * 16 + 16; }

inline std::size_t scratch_bytes(int rows, int cols, std::size_t element) {
  const auto n = static_cast<std::size_t>(rows) * static_cast<std::size_t>(padded_stride(cols));
  return (n * element + 63) / 64 * 64;
}

/// Hands out 64-byte aligned pieces of the scratch.
class Carver {
 public:
  explicit Carver(std::span<std::byte> scratch) : left_(scratch) {}

  template <typename T>
  Matrix<T> matrix(int rows, int cols) {
    const std::span<std::byte> piece = bytes(scratch_bytes(rows, cols, sizeof(T)));
    return {reinterpret_cast<T*>(piece.data()), rows, cols, padded_stride(cols)};
  }

  std::span<std::byte> bytes(std::size_t n) {
    QUERN_CHECK(n <= left_.size() && n % 64 == 0);
    const std::span<std::byte> piece = left_.first(n);
    left_ = left_.subspan(n);
    return piece;
  }

 private:
  std::span<std::byte> left_;
};

/// Rows that one thread carries from attention to attention: few enough that their activations
/// share its L2 with a group of panels, enough that each pass over the weights is well used.
inline constexpr int kRowsPerPart = 96;

/// Below this many rows a thread, whole-row blocks would leave threads idle.
inline bool takes_row_blocks(int n_rows, int n_threads) {
  return n_rows >= 2 * kRowsPerPart * n_threads || n_threads == 1;
}

/// Blocks of equal size, as many for each thread: a short one at the end would leave others
/// waiting.
inline int rows_per_part(int n_rows, int n_threads) {
  const int n_parts = (n_rows + kRowsPerPart - 1) / kRowsPerPart;
  const int even = (n_parts + n_threads - 1) / n_threads * n_threads;
  return (n_rows + even - 1) / even;
}

/// Rows of a temporary that lives within one block: one block for each thread, or all rows.
inline int block_scratch_rows(int n_rows, int n_threads) {
  return takes_row_blocks(n_rows, n_threads) ? std::min(n_rows, kRowsPerPart) * n_threads : n_rows;
}

/// Calls work(first, n, scratch_row, pool) over blocks of rows, each on one thread with the serial
/// pool; or once for all rows with the real pool, when there are few. Rows from scratch_row on of
/// a temporary of block_scratch_rows(...) are the call's own. Either way gives the same bits.
template <typename Work>
void for_row_blocks(int n_rows, ThreadPool& pool, const Work& work) {
  if (!takes_row_blocks(n_rows, pool.n_threads())) return work(0, n_rows, 0, pool);
  const int rows = rows_per_part(n_rows, pool.n_threads());
  pool.parallel_for((n_rows + rows - 1) / rows, [&](int part, int thread) {
    const int first = part * rows;
    work(first, std::min(rows, n_rows - first), thread * std::min(n_rows, kRowsPerPart),
         ThreadPool::serial());
  });
}

}  // namespace quern::models
