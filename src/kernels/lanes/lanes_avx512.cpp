// The lanes' arithmetic with AVX-512.

#include <immintrin.h>

#include "kernels/lanes/lanes.h"

#define QUERN_TARGET __attribute__((target("avx512f,avx512dq")))
#define QUERN_INLINE QUERN_TARGET static inline __attribute__((always_inline))

namespace quern::kernels {
namespace {

struct V {
  using Type = __m512;
  static constexpr int kWidth = 16;

  QUERN_INLINE Type load(const float* p) { return _mm512_load_ps(p); }
  QUERN_INLINE void store(float* p, Type v) { _mm512_store_ps(p, v); }
  QUERN_INLINE Type set1(float x) { return _mm512_set1_ps(x); }
  QUERN_INLINE Type add(Type a, Type b) { return _mm512_add_ps(a, b); }
  QUERN_INLINE Type sub(Type a, Type b) { return _mm512_sub_ps(a, b); }
  QUERN_INLINE Type mul(Type a, Type b) { return _mm512_mul_ps(a, b); }
  QUERN_INLINE Type div(Type a, Type b) { return _mm512_div_ps(a, b); }
  QUERN_INLINE Type fma(Type a, Type b, Type c) { return _mm512_fmadd_ps(a, b, c); }
  QUERN_INLINE Type min(Type a, Type b) { return _mm512_min_ps(a, b); }
  QUERN_INLINE Type max(Type a, Type b) { return _mm512_max_ps(a, b); }
  QUERN_INLINE Type abs(Type a) { return _mm512_abs_ps(a); }
  QUERN_INLINE Type round(Type a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  QUERN_INLINE Type pow2(Type n) {
    const __m512i e = _mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127));
    return _mm512_castsi512_ps(_mm512_slli_epi32(e, 23));
  }
  QUERN_INLINE Type above(Type a, Type b, Type c, Type d) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ), d, c);
  }
};

#include "kernels/lanes/lanes.inc"

}  // namespace

constinit const LaneIsa lanes_avx512 = {.isa = "avx512",
                                        .product = product,
                                        .leaky_tanh = leaky_tanh,
                                        .leaky_linear = leaky_linear,
                                        .leaky_sine = leaky_sine,
                                        .fire = fire};

}  // namespace quern::kernels
