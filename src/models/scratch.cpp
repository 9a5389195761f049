#include "models/scratch.h"

namespace quern::models {

using kernels::RowForm;

kernels::Activations Carver::rows(int n_rows, int n_cols, kernels::RowForms forms) {
  kernels::Activations out;
  out.n_rows = n_rows;
  out.n_cols = n_cols;
  if (forms.has(RowForm::kF32)) out.f32 = matrix<float>(n_rows, n_cols);
  if (forms.has(RowForm::kBf16)) out.bf16 = matrix<std::uint16_t>(n_rows, n_cols);
  if (forms.has(RowForm::kInt8)) {
    out.int8 = {.data = bytes(kernels::int8_rows_bytes(n_rows, n_cols)).data(),
                .n_rows = n_rows,
                .n_in = n_cols};
  }
  if (forms.has(RowForm::kBlocks)) {
    out.blocks = {.data = bytes(kernels::block_rows_bytes(n_rows, n_cols)).data(),
                  .n_rows = n_rows,
                  .n_in = n_cols};
  }
  return out;
}

}  // namespace quern::models
