// AVX-512 kernels (F, BW, DQ, VL). Built with the project's ordinary flags: only functions marked
// QUERN_TARGET may use AVX-512, so no inline function of a shared header is ever emitted with
// instructions the CPU may lack.

#include <cstring>

#include <immintrin.h>

#include "kernels/block/block_isa.h"
#include "kernels/codes/codes_isa.h"
#include "kernels/gelu_table.h"
#include "kernels/gram.h"
#include "kernels/int8/int8_isa.h"
#include "kernels/lanes/lanes.h"
#include "kernels/table.h"

#define QUERN_TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#define QUERN_INLINE QUERN_TARGET static inline __attribute__((always_inline))

namespace quern::kernels {
namespace {

#include "kernels/simd_avx512.inc"

struct V : V512 {
  // Round to nearest even on the bits; NaN becomes a quiet NaN, as bf16_from_f32.
  QUERN_INLINE void store_bf16_n(std::uint16_t* p, Type v, int n) {
    const __m512i bits = _mm512_castps_si512(v);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    const __mmask16 nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
    rounded = _mm512_mask_or_epi32(rounded, nan, bits, _mm512_set1_epi32(0x400000));
    store_halves_n(p, _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)), n);
  }
};

#include "kernels/rows.inc"

struct F32Step {
  using Unit = float;
  using LineUnit = float;
  QUERN_INLINE __m512 broadcast(const Unit* a) { return _mm512_set1_ps(*a); }
  QUERN_INLINE __m512 line(const Unit* b) { return _mm512_load_ps(b); }
  QUERN_INLINE __m512 add_product(__m512 a, __m512 b, __m512 acc) {
    return _mm512_fmadd_ps(a, b, acc);
  }
};

// Two bf16 a step as two FMAs on the halves widened to f32: the same order as plain.
struct Bf16Step {
  using Unit = std::uint32_t;
  using LineUnit = std::uint32_t;
  QUERN_INLINE __m512i broadcast(const Unit* a) { return _mm512_set1_epi32(static_cast<int>(*a)); }
  QUERN_INLINE __m512i line(const Unit* b) { return _mm512_load_si512(b); }
  QUERN_INLINE __m512 low(__m512i v) { return _mm512_castsi512_ps(_mm512_slli_epi32(v, 16)); }
  QUERN_INLINE __m512 high(__m512i v) {
    return _mm512_castsi512_ps(
        _mm512_and_si512(v, _mm512_set1_epi32(static_cast<int>(0xffff0000u))));
  }
  QUERN_INLINE __m512 add_product(__m512i a, __m512i b, __m512 acc) {
    acc = _mm512_fmadd_ps(high(a), high(b), acc);
    return _mm512_fmadd_ps(low(a), low(b), acc);
  }
};

// Weights of 16 bits, widened.
struct F16WeightStep : F32Step {
  using LineUnit = std::uint16_t;
  QUERN_INLINE __m512 line(const LineUnit* b) {
    return _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(b)));
  }
};

struct Bf16WeightStep : F32Step {
  using LineUnit = std::uint16_t;
  QUERN_INLINE __m512 line(const LineUnit* b) {
    const __m256i halves = _mm256_load_si256(reinterpret_cast<const __m256i*>(b));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
  }
};

#include "kernels/tile_avx512.inc"

// A 16 x 16 transpose in four rounds of shuffles.
QUERN_INLINE void transpose_block(const std::uint32_t* rows, std::ptrdiff_t stride, int n_rows,
                                  int n_units, std::uint32_t* out) {
  __m512i r[16], t[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    r[i] = i < n_rows ? _mm512_maskz_loadu_epi32(V::first(n_units), rows + i * stride)
                      : _mm512_setzero_si512();
  }
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  // r[4 g + k] holds, in its lane l, unit 4 l + k of rows 4 g .. 4 g + 3.
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
#pragma GCC unroll 4
  for (int k = 0; k < 4; ++k) {
    const __m512i low01 = _mm512_shuffle_i32x4(r[k], r[k + 4], 0x44);
    const __m512i high01 = _mm512_shuffle_i32x4(r[k], r[k + 4], 0xee);
    const __m512i low23 = _mm512_shuffle_i32x4(r[k + 8], r[k + 12], 0x44);
    const __m512i high23 = _mm512_shuffle_i32x4(r[k + 8], r[k + 12], 0xee);
    t[k] = _mm512_shuffle_i32x4(low01, low23, 0x88);
    t[k + 4] = _mm512_shuffle_i32x4(low01, low23, 0xdd);
    t[k + 8] = _mm512_shuffle_i32x4(high01, high23, 0x88);
    t[k + 12] = _mm512_shuffle_i32x4(high01, high23, 0xdd);
  }
#pragma GCC unroll 16
  for (int u = 0; u < 16; ++u) {
    if (u < n_units) _mm512_storeu_si512(out + u * 16, t[u]);
  }
}

QUERN_TARGET void transpose_16(const std::uint32_t* rows, std::ptrdiff_t stride, int n_rows,
                               int n_units, std::uint32_t* out) {
  for (int u = 0; u < n_units; u += 16) {
    transpose_block(rows + u, stride, n_rows, n_units - u, out + u * 16);
  }
}

}  // namespace

constinit const Table avx512_table = {
    .isa = "avx512",
    .rows_per_pass = 96,
    .native_bf16 = false,
    .tile_f32 = {tile<F32Step>, kTileRows, 2},
    .tile_bf16 = {tile<Bf16Step>, kTileRows, 2},
    .tile_f16 = {tile<F16WeightStep>, kTileRows, 2},
    .tile_f32_bf16 = {tile<Bf16WeightStep>, kTileRows, 2},
    .finish_row = finish_row,
    .layer_norm_row = layer_norm_row,
    .rms_norm_row = rms_norm_row,
    .gated_row = gated_row,
    .softmax_row = softmax_row,
    .softmax_row_bf16 = softmax_row_in_two_steps,
    .transpose_16 = transpose_16,
    .scale_row = scale_row,
    .bf16_row = bf16_row,
    .f16_row = f16_row,
    .int8 = &int8_avx2,
    .block = &block_avx2,
    .codes = &codes_avx2,
    .lanes = &lanes_avx512,
    .gram = &gram_avx512,
};

}  // namespace quern::kernels
