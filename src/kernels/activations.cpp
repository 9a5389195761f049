#include "kernels/activations.h"

#include "base/check.h"
#include "kernels/table.h"

namespace quern::kernels {

RowForms Activations::forms() const {
  RowForms out;
  if (f32.data != nullptr) out = out | RowForm::kF32;
  if (bf16.data != nullptr) out = out | RowForm::kBf16;
  if (int8.data != nullptr) out = out | RowForm::kInt8;
  if (blocks.data != nullptr) out = out | RowForm::kBlocks;
  return out;
}

Activations Activations::block(int first, int n) const {
  Activations out = *this;
  out.n_rows = n;
  if (f32.data != nullptr) out.f32 = f32.block(first, n);
  if (bf16.data != nullptr) out.bf16 = bf16.block(first, n);
  if (int8.data != nullptr) out.int8 = int8.block(first, n);
  if (blocks.data != nullptr) out.blocks = blocks.block(first, n);
  return out;
}

void convert_block(const Activations& rows, int first, int n) {
  QUERN_DCHECK(rows.f32.data != nullptr && first + n <= rows.n_rows);
  const Table& table = active();
  for (int r = first; r < first + n; ++r) {
    if (rows.bf16.data != nullptr) {
      table.bf16_row(rows.f32.row_data(r), rows.n_cols, rows.bf16.row_data(r));
    }
    if (rows.blocks.data != nullptr) {
      quantise_block_row(rows.f32.row_data(r), rows.blocks, r);
    }
  }
  if (rows.int8.data != nullptr) {
    int8_quantise_block(rows.f32.block(first, n), 0, rows.factors, rows.int8, first);
  }
}

void convert_rows(const Activations& rows, ThreadPool& pool) {
  if (rows.bf16.data == nullptr && rows.int8.data == nullptr && rows.blocks.data == nullptr) return;
  for_each_row_block(rows.n_rows, pool, [&](int first, int n) { convert_block(rows, first, n); });
}

}  // namespace quern::kernels
