#include "kernels/norm.h"

#include <algorithm>

#include "base/check.h"
#include "kernels/table.h"

namespace quern::kernels {

void layer_norm(Matrix<const float> x, std::span<const float> gamma, std::span<const float> beta,
                float eps, ThreadPool& pool, Matrix<float> out, Matrix<std::uint16_t> out_bf16) {
  QUERN_CHECK(static_cast<int>(gamma.size()) == x.cols && gamma.size() == beta.size());
  QUERN_CHECK(out.data == nullptr || out.same_shape(x.rows, x.cols));
  QUERN_CHECK(out_bf16.data == nullptr || out_bf16.same_shape(x.rows, x.cols));
  constexpr int kRowsPerPart = 32;
  const Table& table = active();
  pool.parallel_for((x.rows + kRowsPerPart - 1) / kRowsPerPart, [&](int part, int) {
    const int end = std::min(x.rows, (part + 1) * kRowsPerPart);
    for (int r = part * kRowsPerPart; r < end; ++r) {
      table.layer_norm_row(x.row_data(r), gamma.data(), beta.data(), x.cols, eps,
                           out.data == nullptr ? nullptr : out.row_data(r),
                           out_bf16.data == nullptr ? nullptr : out_bf16.row_data(r));
    }
  });
}

}  // namespace quern::kernels
