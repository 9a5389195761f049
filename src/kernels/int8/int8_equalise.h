// Channel equalisation: input channels with large activations hand part of their size to the
// weights, so that the values of a quantisation group are of one magnitude.
//
//   factor[k] = (w_max[k]^(1 - alpha) / a_max[k]^alpha), scaled to geometric mean 1
//
// Activations are multiplied by factor[k] when they are quantised (int8_quantise_block), weights
// divided by it when they are packed: the product is the same but for rounding. What it buys is
// measured in docs/int8.md.
//
// Source: Xiao et al. 2022 (arXiv 2211.10438), SmoothQuant, eq. 4; factor is 1 / s there.

#pragma once

#include <span>

#include "tensor/matrix.h"

namespace quern::kernels {

inline constexpr float kInt8Alpha = 0.5f;

/// Raises a_max[k] to the largest magnitude of column k. Start from zeros.
///
/// Shapes: x [n, n_in], a_max [n_in]. Values that are not finite are passed over.
void int8_observe(Matrix<const float> x, std::span<float> a_max);

/// The factor of each input channel from the maxima of weights and activations. Channels without
/// activation or without weights get a factor as if theirs were the smallest others.
///
/// Shapes: w_max, the largest magnitude of each column of the weights, a_max, factors [n_in].
void int8_equalise(std::span<const float> w_max, std::span<const float> a_max, float alpha,
                   std::span<float> factors);

/// weights[o, k] / factors[k] into out, which may be weights.
void int8_unscale(Matrix<const float> weights, std::span<const float> factors, Matrix<float> out);

}  // namespace quern::kernels
