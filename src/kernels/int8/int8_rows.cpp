#include <algorithm>

#include "base/check.h"
#include "kernels/int8/int8.h"
#include "kernels/int8/int8_isa.h"
#include "kernels/table.h"

namespace quern::kernels {
namespace {

constexpr std::size_t kLineBytes = 64;

std::size_t whole_lines(std::size_t n_bytes) {
  return (n_bytes + kLineBytes - 1) / kLineBytes * kLineBytes;
}

std::size_t group_bytes(int n_in) { return static_cast<std::size_t>(int8_groups(n_in)) * 4; }

// Rows that one part of a pool's work takes: enough to make a part worth handing out.
constexpr int kRowsPerPart = 16;

// Rows that one call takes: they lie in the first-level cache.
constexpr int kRowsPerBlock = 4;

template <typename F>
void for_each_block(int n_rows, ThreadPool& pool, const F& fn) {
  pool.parallel_for((n_rows + kRowsPerPart - 1) / kRowsPerPart, [&](int part, int) {
    const int end = std::min((part + 1) * kRowsPerPart, n_rows);
    for (int r = part * kRowsPerPart; r < end; r += kRowsPerBlock) {
      fn(r, std::min(kRowsPerBlock, end - r));
    }
  });
}

}  // namespace

std::size_t Int8Rows::scales_offset() const { return whole_lines(static_cast<std::size_t>(n_in)); }

std::size_t Int8Rows::zeros_offset() const { return scales_offset() + group_bytes(n_in); }

std::size_t Int8Rows::row_bytes() const {
  return (whole_lines(zeros_offset() + group_bytes(n_in)) / kLineBytes | 1) * kLineBytes;
}

std::size_t int8_rows_bytes(int n_rows, int n_in) {
  return static_cast<std::size_t>(n_rows) * Int8Rows{.n_in = n_in}.row_bytes();
}

void int8_quantise_block(Matrix<const float> x, int first_col, std::span<const float> factors,
                         const Int8Rows& out, int row) {
  QUERN_DCHECK(first_col % kInt8Group == 0 && first_col + x.cols <= out.n_in);
  QUERN_DCHECK(x.cols % kInt8Group == 0 || first_col + x.cols == out.n_in);
  QUERN_DCHECK(factors.empty() || static_cast<int>(factors.size()) == out.n_in);
  const int group = first_col / kInt8Group;
  std::byte* record = out.record(row);
  int8_active().quantise(
      {.x = x.data,
       .x_stride = x.stride,
       .factors = factors.empty() ? nullptr : factors.data() + first_col,
       .n = x.cols,
       .n_rows = x.rows,
       .codes = reinterpret_cast<std::uint8_t*>(record) + first_col,
       .scales = reinterpret_cast<float*>(record + out.scales_offset()) + group,
       .zeros = reinterpret_cast<std::int32_t*>(record + out.zeros_offset()) + group,
       .row_bytes = static_cast<std::ptrdiff_t>(out.row_bytes())});
}

void int8_quantise(Matrix<const float> x, std::span<const float> factors, ThreadPool& pool,
                   const Int8Rows& out) {
  QUERN_CHECK(x.same_shape(out.n_rows, out.n_in));
  for_each_block(x.rows, pool, [&](int row, int n) {
    int8_quantise_block(x.block(row, n), 0, factors, out, row);
  });
}

void layer_norm_int8(Matrix<const float> x, std::span<const float> gamma,
                     std::span<const float> beta, float eps, std::span<const float> factors,
                     ThreadPool& pool, Matrix<float> out, const Int8Rows& quantised) {
  QUERN_CHECK(out.same_shape(x.rows, x.cols));
  QUERN_CHECK(quantised.n_rows == x.rows && quantised.n_in == x.cols);
  QUERN_CHECK(static_cast<int>(gamma.size()) == x.cols && beta.size() == gamma.size());
  for_each_block(x.rows, pool, [&](int row, int n) {
    for (int r = row; r < row + n; ++r) {
      active().layer_norm_row(x.row_data(r), gamma.data(), beta.data(), x.cols, eps,
                              out.row_data(r), nullptr);
    }
    int8_quantise_block(out.block(row, n), 0, factors, quantised, row);
  });
}

}  // namespace quern::kernels
