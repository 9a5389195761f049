// The lanes' arithmetic with AVX2 and FMA.

#include <immintrin.h>

#include "kernels/lanes/lanes.h"

#define QUERN_TARGET __attribute__((target("avx2,fma")))
#define QUERN_INLINE QUERN_TARGET static inline __attribute__((always_inline))

namespace quern::kernels {
namespace {

struct V {
  using Type = __m256;
  static constexpr int kWidth = 8;

  QUERN_INLINE Type load(const float* p) { return _mm256_load_ps(p); }
  QUERN_INLINE void store(float* p, Type v) { _mm256_store_ps(p, v); }
  QUERN_INLINE Type set1(float x) { return _mm256_set1_ps(x); }
  QUERN_INLINE Type add(Type a, Type b) { return _mm256_add_ps(a, b); }
  QUERN_INLINE Type sub(Type a, Type b) { return _mm256_sub_ps(a, b); }
  QUERN_INLINE Type mul(Type a, Type b) { return _mm256_mul_ps(a, b); }
  QUERN_INLINE Type div(Type a, Type b) { return _mm256_div_ps(a, b); }
  QUERN_INLINE Type fma(Type a, Type b, Type c) { return _mm256_fmadd_ps(a, b, c); }
  QUERN_INLINE Type min(Type a, Type b) { return _mm256_min_ps(a, b); }
  QUERN_INLINE Type max(Type a, Type b) { return _mm256_max_ps(a, b); }
  QUERN_INLINE Type abs(Type a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
  QUERN_INLINE Type round(Type a) {
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  QUERN_INLINE Type pow2(Type n) {
    const __m256i e = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(e, 23));
  }
  QUERN_INLINE Type above(Type a, Type b, Type c, Type d) {
    return _mm256_blendv_ps(d, c, _mm256_cmp_ps(a, b, _CMP_GT_OQ));
  }
};

#include "kernels/lanes/lanes.inc"

}  // namespace

constinit const LaneIsa lanes_avx2 = {.isa = "avx2",
                                      .product = product,
                                      .leaky_tanh = leaky_tanh,
                                      .leaky_linear = leaky_linear,
                                      .leaky_sine = leaky_sine,
                                      .fire = fire};

}  // namespace quern::kernels
