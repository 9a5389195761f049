// Normalisation of rows, into whatever form the next product reads.
// Source: layer norm: Ba et al. 2016 (arXiv 1607.06450) eq. 4; root mean square: Zhang and Sennrich
// 2019 (arXiv 1910.07467) eq. 4.

#pragma once

#include <span>

#include "base/thread_pool.h"
#include "kernels/activations.h"
#include "tensor/layer_kinds.h"
#include "tensor/matrix.h"

namespace quern::kernels {

struct Norm {
  NormKind kind = NormKind::kLayer;
  float eps = 0;
  std::span<const float> weight;  // [d]
  std::span<const float> bias;    // [d]; none for kRms

  bool empty() const { return weight.empty(); }
};

/// Layer: out = (x - mean(x)) / sqrt(variance(x) + eps) * weight + bias; RMS: out =
/// x / sqrt(mean(x^2) + eps) * weight.
///
/// Shapes: x, out [n, d]; out has f32, which may be x; its other forms are made while the rows lie
///   in the first-level cache.
void norm_rows(const Norm& norm, Matrix<const float> x, const Activations& out, ThreadPool& pool);

}  // namespace quern::kernels
