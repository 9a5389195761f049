// The plain kernels: the meaning of every other version. Written to be read, not to be fast.

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "kernels/block/block_isa.h"
#include "kernels/codes/codes_isa.h"
#include "kernels/gram.h"
#include "kernels/int8/int8_isa.h"
#include "kernels/lanes/lanes.h"
#include "kernels/table.h"
#include "tensor/dtype.h"

namespace quern::kernels {
namespace {

constexpr int kTileRows = 4;

// step(a, b, acc) adds the product of one 32-bit step to acc.
template <typename Unit, typename LineUnit, typename Step>
void tile(const Tile& t, const Step& step) {
  const auto* a = static_cast<const Unit*>(t.a);
  const auto* b = static_cast<const LineUnit*>(t.b);
  for (int r = 0; r < t.n_rows; ++r) {
    for (int o = 0; o < 16 * t.n_panels; ++o) {
      const LineUnit* b_panel = b + (o / 16) * t.b_stride + o % 16;
      float* c = t.c + r * t.c_stride + o;
      float acc = t.accumulate ? *c : 0.0f;
      for (int s = 0; s < t.n_steps; ++s) {
        acc = step(a[r * t.a_stride + s], b_panel[static_cast<std::ptrdiff_t>(s) * 16], acc);
      }
      *c = acc;
    }
  }
}

void tile_f32(const Tile& t) {
  tile<float, float>(t, [](float a, float b, float acc) { return std::fma(a, b, acc); });
}

void tile_f16(const Tile& t) {
  tile<float, std::uint16_t>(
      t, [](float a, std::uint16_t b, float acc) { return std::fma(a, f32_from_f16(b), acc); });
}

void tile_f32_bf16(const Tile& t) {
  tile<float, std::uint16_t>(
      t, [](float a, std::uint16_t b, float acc) { return std::fma(a, f32_from_bf16(b), acc); });
}

void tile_bf16(const Tile& t) {
  tile<std::uint32_t, std::uint32_t>(t, [](std::uint32_t a, std::uint32_t b, float acc) {
    const auto low = [](std::uint32_t u) { return f32_from_bf16(static_cast<std::uint16_t>(u)); };
    const auto high = [](std::uint32_t u) {
      return f32_from_bf16(static_cast<std::uint16_t>(u >> 16));
    };
    acc = std::fma(high(a), high(b), acc);
    return std::fma(low(a), low(b), acc);
  });
}

float apply(Activation activation, float x) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kGelu:
      return 0.5f * x * (1.0f + std::erf(x * 0.70710678f));
    case Activation::kGeluTanh:
      return 0.5f * x * (1.0f + std::tanh(0.79788456f * (x + 0.044715f * x * x * x)));
    case Activation::kRelu:
      return std::max(x, 0.0f);
    case Activation::kSilu:
      return x / (1.0f + std::exp(-x));
  }
  return x;
}

void finish_row(const Finish& f) {
  for (int i = 0; i < f.n; ++i) {
    float v = apply(f.activation, f.c[i] + (f.bias != nullptr ? f.bias[i] : 0.0f));
    if (f.residual != nullptr) v += f.residual[i];
    if (f.out != nullptr) f.out[i] = v;
    if (f.out_bf16 != nullptr) f.out_bf16[i] = bf16_from_f32(v);
  }
}

void layer_norm_row(const float* x, const float* gamma, const float* beta, int d, float eps,
                    float* out, std::uint16_t* out_bf16) {
  float sum = 0;
  for (int i = 0; i < d; ++i) sum += x[i];
  const float mean = sum / static_cast<float>(d);
  float squares = 0;
  for (int i = 0; i < d; ++i) squares += (x[i] - mean) * (x[i] - mean);
  const float scale = 1.0f / std::sqrt(squares / static_cast<float>(d) + eps);
  for (int i = 0; i < d; ++i) {
    const float v = (x[i] - mean) * scale * gamma[i] + beta[i];
    if (out != nullptr) out[i] = v;
    if (out_bf16 != nullptr) out_bf16[i] = bf16_from_f32(v);
  }
}

void rms_norm_row(const float* x, const float* weight, int d, float eps, float* out) {
  float squares = 0;
  for (int i = 0; i < d; ++i) squares += x[i] * x[i];
  const float scale = 1.0f / std::sqrt(squares / static_cast<float>(d) + eps);
  for (int i = 0; i < d; ++i) out[i] = x[i] * scale * weight[i];
}

void gated_row(const float* gate, const float* up, int n, Activation activation, float* out) {
  for (int i = 0; i < n; ++i) out[i] = apply(activation, gate[i]) * up[i];
}

float softmax_row(float* s, int n, int n_padded, float scale, float* max_io, float* sum_io) {
  float largest = *max_io;
  for (int i = 0; i < n; ++i) largest = std::max(largest, s[i]);
  const float correction = std::exp(scale * (*max_io - largest));
  float sum = *sum_io * correction;
  for (int i = 0; i < n; ++i) {
    s[i] = std::exp(scale * (s[i] - largest));
    sum += s[i];
  }
  std::fill(s + n, s + n_padded, 0.0f);
  *max_io = largest;
  *sum_io = sum;
  return correction;
}

void transpose_16(const std::uint32_t* rows, std::ptrdiff_t stride, int n_rows, int n_units,
                  std::uint32_t* out) {
  for (int r = 0; r < 16; ++r) {
    for (int u = 0; u < n_units; ++u) out[u * 16 + r] = r < n_rows ? rows[r * stride + u] : 0;
  }
}

void scale_row(float* x, int n, float factor) {
  for (int i = 0; i < n; ++i) x[i] *= factor;
}

void bf16_row(const float* x, int n, std::uint16_t* out) {
  for (int i = 0; i < n; ++i) out[i] = bf16_from_f32(x[i]);
}

// Adding a power of two whose last place is that of the result's makes the adder round.
std::uint16_t f16_from_f32(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {  // NaN, made quiet.
    return static_cast<std::uint16_t>(sign | 0x7e00u | (magnitude >> 13 & 0x3ffu));
  }
  if (magnitude >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // >= 65520
  if (magnitude < 0x38800000u) {  // Below 2^-14: a subnormal, in units of 2^-24.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3f000000u));
  }
  const std::uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

void f16_row(const float* x, int n, std::uint16_t* out) {
  for (int i = 0; i < n; ++i) out[i] = f16_from_f32(x[i]);
}

float softmax_row_bf16(float* s, int n, int n_padded, float scale, float* max_io, float* sum_io,
                       std::uint16_t* out) {
  const float correction = softmax_row(s, n, n_padded, scale, max_io, sum_io);
  bf16_row(s, n_padded, out);
  return correction;
}

}  // namespace

constinit const Table plain_table = {
    .isa = "plain",
    .rows_per_pass = 96,
    .native_bf16 = false,
    .tile_f32 = {tile_f32, kTileRows, 1},
    .tile_bf16 = {tile_bf16, kTileRows, 1},
    .tile_f16 = {tile_f16, kTileRows, 1},
    .tile_f32_bf16 = {tile_f32_bf16, kTileRows, 1},
    .finish_row = finish_row,
    .layer_norm_row = layer_norm_row,
    .rms_norm_row = rms_norm_row,
    .gated_row = gated_row,
    .softmax_row = softmax_row,
    .softmax_row_bf16 = softmax_row_bf16,
    .transpose_16 = transpose_16,
    .scale_row = scale_row,
    .bf16_row = bf16_row,
    .f16_row = f16_row,
    .int8 = &int8_plain,
    .block = &block_plain,
    .codes = &codes_plain,
    .lanes = &lanes_plain,
    .gram = &gram_plain,
};

}  // namespace quern::kernels
