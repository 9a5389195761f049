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

}  // namespace quern::kernels
