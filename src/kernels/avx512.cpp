// AVX-512 kernels (F, BW, DQ, VL). Built with the project's ordinary flags: only functions marked
// QUERN_TARGET may use AVX-512, so no inline function of a shared header is ever emitted with
// instructions the CPU may lack.

#include <cstring>

#include <immintrin.h>

#include "kernels/gelu_table.h"
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
    _mm256_mask_storeu_epi16(p, first(n), _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)));
  }
};

#include "kernels/rows.inc"

struct F32Step {
  using Unit = float;
  QUERN_INLINE __m512 broadcast(const Unit* a) { return _mm512_set1_ps(*a); }
  QUERN_INLINE __m512 line(const Unit* b) { return _mm512_load_ps(b); }
  QUERN_INLINE __m512 add_product(__m512 a, __m512 b, __m512 acc) {
    return _mm512_fmadd_ps(a, b, acc);
  }
};

// Two bf16 a step as two FMAs on the halves widened to f32: the same order as plain.
struct Bf16Step {
  using Unit = std::uint32_t;
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

#include "kernels/tile_avx512.inc"

}  // namespace

constinit const Table avx512_table = {
    .isa = "avx512",
    .tile_rows = kTileRows,
    .tile_panels = 2,
    .tile_f32 = tile<F32Step>,
    .tile_bf16 = tile<Bf16Step>,
    .finish_row = finish_row,
    .layer_norm_row = layer_norm_row,
    .softmax_row = softmax_row,
    .scale_row = scale_row,
    .bf16_row = bf16_row,
};

}  // namespace quern::kernels
