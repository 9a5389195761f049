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

struct V {
  using Type = __m512;
  static constexpr int kLanes = 16;

  QUERN_INLINE __mmask16 first(int n) {
    return static_cast<__mmask16>(n >= kLanes ? 0xffffu : (1u << n) - 1u);
  }
  QUERN_INLINE Type load(const float* p) { return _mm512_loadu_ps(p); }
  QUERN_INLINE Type load_n(const float* p, int n) { return _mm512_maskz_loadu_ps(first(n), p); }
  QUERN_INLINE void store(float* p, Type v) { _mm512_storeu_ps(p, v); }
  QUERN_INLINE void store_n(float* p, Type v, int n) { _mm512_mask_storeu_ps(p, first(n), v); }
  QUERN_INLINE Type select_n(Type v, int n) { return _mm512_maskz_mov_ps(first(n), v); }
  QUERN_INLINE Type set1(float x) { return _mm512_set1_ps(x); }
  QUERN_INLINE Type add(Type a, Type b) { return _mm512_add_ps(a, b); }
  QUERN_INLINE Type sub(Type a, Type b) { return _mm512_sub_ps(a, b); }
  QUERN_INLINE Type mul(Type a, Type b) { return _mm512_mul_ps(a, b); }
  QUERN_INLINE Type div(Type a, Type b) { return _mm512_div_ps(a, b); }
  QUERN_INLINE Type fma(Type a, Type b, Type c) { return _mm512_fmadd_ps(a, b, c); }
  QUERN_INLINE Type max(Type a, Type b) { return _mm512_max_ps(a, b); }
  QUERN_INLINE Type min(Type a, Type b) { return _mm512_min_ps(a, b); }
  QUERN_INLINE Type round(Type a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  QUERN_INLINE Type pow2(Type n) { return _mm512_scalef_ps(_mm512_set1_ps(1.0f), n); }
  QUERN_INLINE float sum(Type v) { return _mm512_reduce_add_ps(v); }
  QUERN_INLINE float largest(Type v) { return _mm512_reduce_max_ps(v); }

  // relu(x) - |x| (1 - Phi(|x|)), the tail from a table: a third of the rational fit's cost.
  QUERN_INLINE Type gelu_rounded(Type x) {
    const Type u = _mm512_min_ps(_mm512_mul_ps(_mm512_abs_ps(x), set1(6.4f)), set1(31.49f));
    const Type magic = set1(12582912.0f);  // 1.5 * 2^23: adding it rounds, low bits are the index.
    const Type shifted = _mm512_add_ps(u, magic);
    const Type f = _mm512_sub_ps(u, _mm512_sub_ps(shifted, magic));
    const __m512i index = _mm512_castps_si512(shifted);
    const auto look_up = [&](const float* table) __attribute__((always_inline, target("avx512f"))) {
      return _mm512_permutex2var_ps(_mm512_load_ps(table), index, _mm512_load_ps(table + 16));
    };
    Type tail = _mm512_fmadd_ps(look_up(kGeluTail2), f, look_up(kGeluTail1));
    tail = _mm512_fmadd_ps(tail, f, look_up(kGeluTail0));
    return _mm512_fnmadd_ps(_mm512_mul_ps(u, set1(1 / 6.4f)), tail,
                            _mm512_max_ps(x, _mm512_setzero_ps()));
  }

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
