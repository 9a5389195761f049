#include "kernels/norm.h"

#include "base/check.h"
#include "kernels/table.h"

namespace quern::kernels {

void norm_rows(const Norm& norm, Matrix<const float> x, const Activations& out, ThreadPool& pool) {
  QUERN_CHECK(out.f32.same_shape(x.rows, x.cols));
  QUERN_CHECK(static_cast<int>(norm.weight.size()) == x.cols);
  QUERN_CHECK(norm.bias.size() == (norm.kind == NormKind::kLayer ? norm.weight.size() : 0));
  const Table& table = active();
  Activations others = out;  // A layer norm writes bf16 itself.
  if (norm.kind == NormKind::kLayer) others.bf16 = {};
  for_each_row_block(x.rows, pool, [&](int first, int n) {
    for (int r = first; r < first + n; ++r) {
      if (norm.kind == NormKind::kLayer) {
        table.layer_norm_row(x.row_data(r), norm.weight.data(), norm.bias.data(), x.cols, norm.eps,
                             out.f32.row_data(r),
                             out.bf16.data == nullptr ? nullptr : out.bf16.row_data(r));
      } else {
        table.rms_norm_row(x.row_data(r), norm.weight.data(), x.cols, norm.eps,
                           out.f32.row_data(r));
      }
    }
    convert_block(others, first, n);
  });
}

}  // namespace quern::kernels
