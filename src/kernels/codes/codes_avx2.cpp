// Products of codes with AVX2. maddubs adds pairs of products in 16 bits and saturates above
// 32,767: |query| <= 127 and a row's code, -128 included, give at most 2 * 127 * 128 = 32,512.

#include <algorithm>
#include <cstring>
#include <utility>

#include <immintrin.h>

#include "kernels/codes/codes_isa.h"

#define QUERN_CODES_TARGET __attribute__((target("avx2")))

namespace quern::kernels {
namespace {

QUERN_CODES_TARGET inline __m256i start(const std::int8_t*, int) { return _mm256_setzero_si256(); }

// The query takes the row's sign, so that the row may go unsigned.
QUERN_CODES_TARGET inline void step(__m256i& acc, __m256i row, __m256i query) {
  const __m256i codes = _mm256_xor_si256(row, _mm256_set1_epi8(-128));
  const __m256i pairs =
      _mm256_maddubs_epi16(_mm256_abs_epi8(codes), _mm256_sign_epi8(query, codes));
  acc = _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

#include "kernels/codes/codes_ymm.inc"

}  // namespace

constinit const CodesIsa codes_avx2 = {.isa = "avx2", .dots = dots};

}  // namespace quern::kernels
