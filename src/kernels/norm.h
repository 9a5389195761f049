// Layer normalisation of rows.
// Source: Ba et al. 2016 (arXiv 1607.06450) eq. 4.

#pragma once

#include <cstdint>
#include <span>

#include "base/thread_pool.h"
#include "tensor/matrix.h"

namespace quern::kernels {

/// out = (x - mean(x)) / sqrt(variance(x) + eps) * gamma + beta, row by row.
///
/// Shapes: x, out, out_bf16 [n, d] (either out may have no data; out may be x); gamma, beta [d].
void layer_norm(Matrix<const float> x, std::span<const float> gamma, std::span<const float> beta,
                float eps, ThreadPool& pool, Matrix<float> out, Matrix<std::uint16_t> out_bf16);

}  // namespace quern::kernels
