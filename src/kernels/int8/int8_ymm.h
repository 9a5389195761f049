// What the two 256-bit versions of the eight-bit product share. Only int8_avx2.cpp,
// int8_avx2_vnni.cpp and int8_ymm.cpp include it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <immintrin.h>

#include "kernels/int8/int8.h"
#include "kernels/int8/int8_isa.h"
#include "kernels/weight.h"

#define QUERN_AVX2 __attribute__((target("avx2,fma")))
#define QUERN_AVX2_INLINE QUERN_AVX2 __attribute__((always_inline)) inline

namespace quern::kernels {

inline constexpr int kInt8GroupSteps = kInt8Group / kInt8Step;

template <int... I>
using Int8Seq = std::integer_sequence<int, I...>;
template <int N>
using Int8Upto = std::make_integer_sequence<int, N>;

/// Int8Isa::quantise with AVX2.
void int8_quantise_ymm(const Int8Quantise& q);

/// out = bias, as the sums across groups begin.
void int8_start_sums(const Int8Tile& t);

QUERN_AVX2_INLINE __m256i int8_load(const void* p) {
  return _mm256_load_si256(static_cast<const __m256i*>(p));
}

/// The first line of a group's codes.
QUERN_AVX2_INLINE const std::byte* int8_codes(const Int8Tile& t, int panel, int g) {
  return t.panels + panel * t.panel_bytes() + std::ptrdiff_t{g} * kInt8GroupSteps * 64;
}

template <typename T>
QUERN_AVX2_INLINE T int8_of_row(const T* first, const Int8Tile& t, int row, int g) {
  return reinterpret_cast<const T*>(reinterpret_cast<const std::byte*>(first) +
                                    row * t.row_bytes)[g];
}

// Accumulators of one panel: row r's two halves at [2 r] and [2 r + 1].

/// acc = minus zero point times the sum of the codes.
template <int N, int... I>
QUERN_AVX2_INLINE void int8_start_group(__m256i (&acc)[N], const Int8Tile& t, int first_row,
                                        int panel, int g, Int8Seq<I...>) {
  const std::byte* sums = t.panels + panel * t.panel_bytes() + t.sums_offset() + g * 64;
  ((acc[I] = _mm256_madd_epi16(_mm256_set1_epi32(int8_of_row(t.zeros, t, first_row + I / 2, g)),
                               int8_load(sums + I % 2 * 32))),
   ...);
}

QUERN_AVX2_INLINE void int8_add_scaled(__m256i acc, const float* w_scales, float row_scale,
                                       float* out) {
  const __m256 scale = _mm256_mul_ps(_mm256_load_ps(w_scales), _mm256_set1_ps(row_scale));
  _mm256_store_ps(out, _mm256_fmadd_ps(_mm256_cvtepi32_ps(acc), scale, _mm256_load_ps(out)));
}

/// out += acc * row scale * weight scale.
template <int N, int... I>
QUERN_AVX2_INLINE void int8_finish_group(const __m256i (&acc)[N], const Int8Tile& t, int first_row,
                                         int panel, int g, Int8Seq<I...>) {
  const auto* scales = reinterpret_cast<const float*>(t.panels + panel * t.panel_bytes() +
                                                      t.scales_offset() + g * 64);
  float* out = t.out + first_row * t.out_cols + panel * kPanelWidth;
  (int8_add_scaled(acc[I], scales + I % 2 * 8, int8_of_row(t.row_scales, t, first_row + I / 2, g),
                   out + I / 2 * t.out_cols + I % 2 * 8),
   ...);
}

}  // namespace quern::kernels
