#include "kernels/block/block_rows.h"

#include "base/check.h"
#include "kernels/block/block_isa.h"
#include "kernels/block/block_layout.h"

namespace quern::kernels {

std::size_t BlockRows::row_bytes() const {
  const std::size_t bytes = static_cast<std::size_t>(n_in / kBlockInputs) * sizeof(RowBlock);
  return (bytes / kLineBytes | 1) * kLineBytes;
}

std::size_t block_rows_bytes(int n_rows, int n_in) {
  return static_cast<std::size_t>(n_rows) * BlockRows{nullptr, n_rows, n_in}.row_bytes();
}

void quantise_block_row(const float* x, const BlockRows& out, int row) {
  QUERN_DCHECK(row >= 0 && row < out.n_rows && out.n_in % kBlockInputs == 0);
  block_active().quantise(x, out.n_in / kBlockInputs, out.record(row));
}

void quantise_block_rows(Matrix<const float> x, ThreadPool& pool, const BlockRows& out) {
  QUERN_CHECK(x.same_shape(out.n_rows, out.n_in) && out.n_in % kBlockInputs == 0);
  if (x.rows == 1) return quantise_block_row(x.row_data(0), out, 0);
  constexpr int kPartRows = 8;
  pool.parallel_for((x.rows + kPartRows - 1) / kPartRows, [&](int part, int) {
    const int end = part * kPartRows + kPartRows < x.rows ? part * kPartRows + kPartRows : x.rows;
    for (int r = part * kPartRows; r < end; ++r) quantise_block_row(x.row_data(r), out, r);
  });
}

}  // namespace quern::kernels
