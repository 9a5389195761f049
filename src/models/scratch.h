// Cutting one run of scratch bytes into matrices and rows, and rows into blocks for the threads.
// Only the forward passes include it.

#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/check.h"
#include "base/thread_pool.h"
#include "kernels/activations.h"
#include "kernels/table.h"
#include "tensor/matrix.h"

namespace quern::models {

/// A stride that spreads rows over the cache sets when the width is a power of two.
inline int padded_stride(int cols) { return (cols + 15) / 16 * 16 + 16; }

/// Hands out 64-byte aligned pieces of the scratch; or, counting, pieces without data: the same
/// code says how much scratch a pass needs and cuts it.
class Carver {
 public:
  static Carver counting() { return Carver(); }
  explicit Carver(std::span<std::byte> scratch) : scratch_(scratch), is_counting_(false) {}

  template <typename T>
  Matrix<T> matrix(int rows, int cols) {
    const auto n = static_cast<std::size_t>(rows) * static_cast<std::size_t>(padded_stride(cols));
    return {reinterpret_cast<T*>(bytes(n * sizeof(T)).data()), rows, cols, padded_stride(cols)};
  }

  /// Rows in the forms that are asked for.
  kernels::Activations rows(int n_rows, int n_cols, kernels::RowForms forms);

  std::span<std::byte> bytes(std::size_t n) {
    n = (n + 63) / 64 * 64;
    const std::size_t first = n_bytes_;
    n_bytes_ += n;
    if (is_counting_) return {};
    QUERN_CHECK(n_bytes_ <= scratch_.size());
    return scratch_.subspan(first, n);
  }

  std::size_t n_bytes() const { return n_bytes_; }

 private:
  Carver() = default;

  std::span<std::byte> scratch_;
  std::size_t n_bytes_ = 0;
  bool is_counting_ = true;
};

/// Rows that one thread carries from attention to attention: few enough that their activations
/// share its L2 with a group of panels, enough that each pass over the weights is well used.
inline int most_rows_per_part() { return kernels::active().rows_per_pass; }

/// Below this many rows a thread, whole-row blocks would leave threads idle.
inline bool takes_row_blocks(int n_rows, int n_threads) {
  return n_rows >= 2 * most_rows_per_part() * n_threads || n_threads == 1;
}

/// Blocks of equal size, as many for each thread: a short one at the end would leave others
/// waiting.
inline int rows_per_part(int n_rows, int n_threads) {
  const int n_parts = (n_rows + most_rows_per_part() - 1) / most_rows_per_part();
  const int even = (n_parts + n_threads - 1) / n_threads * n_threads;
  return (n_rows + even - 1) / even;
}

/// Rows of a temporary that lives within one block: one block for each thread, or all rows.
inline int block_scratch_rows(int n_rows, int n_threads) {
  return takes_row_blocks(n_rows, n_threads) ? std::min(n_rows, most_rows_per_part()) * n_threads
                                             : n_rows;
}

/// A range of rows on its way from one attention to the next.
struct RowRange {
  int first = 0;  // Row of the batch.
  int n = 0;
  int scratch_row = 0;  // Of temporaries of block_scratch_rows(...): n rows from here are its own.
  ThreadPool& pool;
};

/// Calls work(block) over blocks of rows, each on one thread with the serial pool; or once for all
/// rows with the real pool, when there are few. Either way gives the same bits.
template <typename Work>
void for_row_blocks(int n_rows, ThreadPool& pool, const Work& work) {
  if (!takes_row_blocks(n_rows, pool.n_threads())) return work(RowRange{0, n_rows, 0, pool});
  const int rows = rows_per_part(n_rows, pool.n_threads());
  pool.parallel_for((n_rows + rows - 1) / rows, [&](int part, int thread) {
    const int first = part * rows;
    work(RowRange{first, std::min(rows, n_rows - first),
                  thread * std::min(n_rows, most_rows_per_part()), ThreadPool::serial()});
  });
}

}  // namespace quern::models
