#include "kernels/int8/int8_rows.h"

#include "base/check.h"
#include "kernels/int8/int8_isa.h"

namespace quern::kernels {
namespace {

constexpr std::size_t kLineBytes = 64;

std::size_t whole_lines(std::size_t n_bytes) {
  return (n_bytes + kLineBytes - 1) / kLineBytes * kLineBytes;
}

std::size_t group_bytes(int n_in) { return static_cast<std::size_t>(int8_groups(n_in)) * 4; }

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

}  // namespace quern::kernels
