// Rows of activations in every form that their products read, and the step from f32 into the
// others.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/thread_pool.h"
#include "kernels/block/block_rows.h"
#include "kernels/int8/int8_rows.h"
#include "kernels/weight.h"
#include "tensor/matrix.h"

namespace quern::kernels {

/// A set of row forms.
class RowForms {
 public:
  constexpr RowForms() = default;
  constexpr RowForms(RowForm form) : bits_(static_cast<std::uint8_t>(form)) {}

  constexpr bool has(RowForm form) const { return (bits_ & static_cast<std::uint8_t>(form)) != 0; }
  constexpr RowForms operator|(RowForms other) const {
    RowForms out;
    out.bits_ = bits_ | other.bits_;
    return out;
  }

 private:
  std::uint8_t bits_ = 0;
};

/// The same rows, in the forms that somebody reads; the others have no data. Borrowed.
struct Activations {
  int n_rows = 0;
  int n_cols = 0;
  Matrix<float> f32 = {};               // [n_rows, n_cols]
  Matrix<std::uint16_t> bf16 = {};      // [n_rows, n_cols]
  Int8Rows int8 = {};                   // n_rows of n_cols
  BlockRows blocks = {};                // n_rows of n_cols
  std::span<const float> factors = {};  // [n_cols]: what int8 multiplies by first; or empty

  Activations() = default;
  Activations(Matrix<float> rows) : n_rows(rows.rows), n_cols(rows.cols), f32(rows) {}
  Activations(Matrix<std::uint16_t> rows) : n_rows(rows.rows), n_cols(rows.cols), bf16(rows) {}

  RowForms forms() const;

  /// Rows [first, first + n).
  Activations block(int first, int n) const;
};

/// Fills the other forms of rows [first, first + n) from f32.
void convert_block(const Activations& rows, int first, int n);

/// The same of all rows, over the pool.
void convert_rows(const Activations& rows, ThreadPool& pool);

/// Rows that one call of a row step takes: they lie in the first-level cache.
inline constexpr int kRowsPerBlock = 4;

/// Calls work(first, n) over blocks of rows, split over the pool when that is worth a hand-over.
template <typename Work>
void for_each_row_block(int n_rows, ThreadPool& pool, const Work& work) {
  constexpr int kRowsPerPart = 8;
  const auto run = [&](int first, int end) {
    for (int r = first; r < end; r += kRowsPerBlock) {
      work(r, end - r < kRowsPerBlock ? end - r : kRowsPerBlock);
    }
  };
  if (n_rows < 2 * kRowsPerPart || pool.n_threads() == 1) return run(0, n_rows);
  pool.parallel_for((n_rows + kRowsPerPart - 1) / kRowsPerPart, [&](int part, int) {
    const int end = (part + 1) * kRowsPerPart;
    run(part * kRowsPerPart, end < n_rows ? end : n_rows);
  });
}

}  // namespace quern::kernels
