// Products of codes with AVX-VNNI: the 256-bit dot product of processors without AVX-512.

#include <algorithm>
#include <cstring>
#include <utility>

#include <immintrin.h>

#include "kernels/codes/codes_isa.h"

#define QUERN_CODES_TARGET __attribute__((target("avx2,avxvnni")))

namespace quern::kernels {
namespace {

// Minus 128 times the query's codes: what the rows' offset adds too much.
QUERN_CODES_TARGET inline __m256i start(const std::int8_t* query, int d) {
  __m256i sum = _mm256_setzero_si256();
  for (int c = 0; c < d; c += 32) {
    const auto* codes = reinterpret_cast<const __m256i*>(query + c);
    sum = _mm256_dpbusd_avx_epi32(sum, _mm256_set1_epi8(-128), _mm256_loadu_si256(codes));
  }
  return _mm256_sub_epi32(_mm256_setzero_si256(), sum);
}

// g++ 12 keeps a copy of each accumulator in memory when many of them pass through the intrinsic.
QUERN_CODES_TARGET inline void step(__m256i& acc, __m256i row, __m256i query) {
  __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(acc) : "x"(row), "x"(query));
}

#include "kernels/codes/codes_ymm.inc"

}  // namespace

constinit const CodesIsa codes_avx2_vnni = {.isa = "avx2_vnni", .dots = dots};

}  // namespace quern::kernels
