// Quantised rows with AVX512-VNNI: four blocks at a time share the sums across lanes, the divisions
// and what is stored beside the codes.

#include <cstddef>
#include <limits>

#include <immintrin.h>

#include "kernels/block/block_isa.h"

#define QUERN_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#define QUERN_INLINE QUERN_TARGET __attribute__((always_inline)) inline

namespace quern::kernels {
namespace {

constexpr int kAtOnce = 4;

// The largest of the magnitudes' bits of a block, in four parts.
QUERN_INLINE __m128i largest_parts(const float* x) {
  const __m512i magnitude = _mm512_set1_epi32(0x7fffffff);
  const __m512i a = _mm512_and_si512(_mm512_loadu_si512(x), magnitude);
  const __m512i b = _mm512_and_si512(_mm512_loadu_si512(x + 16), magnitude);
  const __m512i most = _mm512_max_epu32(a, b);
  const __m256i half =
      _mm256_max_epu32(_mm512_castsi512_si256(most), _mm512_extracti64x4_epi64(most, 1));
  return _mm_max_epu32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

// Lane i is the largest of the lanes of v[i].
QUERN_INLINE __m128i largest_of_each(const __m128i (&v)[kAtOnce]) {
  const __m128i ab = _mm_max_epu32(_mm_unpacklo_epi32(v[0], v[1]), _mm_unpackhi_epi32(v[0], v[1]));
  const __m128i cd = _mm_max_epu32(_mm_unpacklo_epi32(v[2], v[3]), _mm_unpackhi_epi32(v[2], v[3]));
  return _mm_max_epu32(_mm_unpacklo_epi64(ab, cd), _mm_unpackhi_epi64(ab, cd));
}

// In each 128 bits, lane i is the sum of the lanes of v[i].
QUERN_INLINE __m256i sum_of_each(const __m256i (&v)[kAtOnce]) {
  const __m256i ab =
      _mm256_add_epi32(_mm256_unpacklo_epi32(v[0], v[1]), _mm256_unpackhi_epi32(v[0], v[1]));
  const __m256i cd =
      _mm256_add_epi32(_mm256_unpacklo_epi32(v[2], v[3]), _mm256_unpackhi_epi32(v[2], v[3]));
  return _mm256_add_epi32(_mm256_unpacklo_epi64(ab, cd), _mm256_unpackhi_epi64(ab, cd));
}

QUERN_INLINE void transpose(__m128 (&v)[kAtOnce]) { _MM_TRANSPOSE4_PS(v[0], v[1], v[2], v[3]); }

QUERN_INLINE __m256i quantised(const float* x, float inverse, __mmask16 keep) {
  const __m512 factor = _mm512_set1_ps(inverse);
  const __m512i a = _mm512_maskz_cvtps_epi32(keep, _mm512_mul_ps(_mm512_loadu_ps(x), factor));
  const __m512i b = _mm512_maskz_cvtps_epi32(keep, _mm512_mul_ps(_mm512_loadu_ps(x + 16), factor));
  return _mm256_set_m128i(_mm512_cvtepi32_epi8(b), _mm512_cvtepi32_epi8(a));
}

QUERN_TARGET void quantise_four(const float* x, RowBlock* out) {
  __m128i parts[kAtOnce];
  for (int i = 0; i < kAtOnce; ++i) parts[i] = largest_parts(x + i * kBlockInputs);
  const __m128i bits = largest_of_each(parts);
  const __m128 largest = _mm_castsi128_ps(bits);
  const __mmask8 finite = _mm_cmplt_epu32_mask(bits, _mm_set1_epi32(0x7f800000));
  const __mmask8 kept = _mm_mask_cmp_ps_mask(finite, largest, _mm_set1_ps(1e-30f), _CMP_GE_OQ);
  const __m128 nan = _mm_set1_ps(std::numeric_limits<float>::quiet_NaN());
  const __m128 scale =
      _mm_mask_blend_ps(finite, nan, _mm_maskz_div_ps(kept, largest, _mm_set1_ps(127.0f)));
  alignas(16) float inverse[kAtOnce];
  _mm_store_ps(inverse, _mm_div_ps(_mm_set1_ps(127.0f), largest));

  __m256i sums[kAtOnce];
  for (int i = 0; i < kAtOnce; ++i) {
    const __mmask16 keep = (kept >> i & 1) != 0 ? 0xffff : 0;
    const __m256i codes = quantised(x + i * kBlockInputs, inverse[i], keep);
    _mm256_store_si256(reinterpret_cast<__m256i*>(out[i].codes), codes);
    sums[i] = _mm256_dpbusd_epi32(_mm256_setzero_si256(), _mm256_set1_epi8(1), codes);
  }
  const __m256i halves = sum_of_each(sums);
  const __m128i low = _mm256_castsi256_si128(halves);
  const __m128i high = _mm256_extracti128_si256(halves, 1);
  const __m128i sum = _mm_add_epi32(low, high);

  const auto minus = [](__m128i v) QUERN_TARGET {
    return _mm_castsi128_ps(_mm_sub_epi32(_mm_setzero_si128(), v));
  };
  __m128 first[kAtOnce] = {scale, minus(sum), minus(low), minus(high)};
  __m128 second[kAtOnce] = {_mm_mul_ps(scale, _mm_cvtepi32_ps(sum)),
                            _mm_mul_ps(scale, _mm_cvtepi32_ps(low)),
                            _mm_mul_ps(scale, _mm_cvtepi32_ps(high)), _mm_setzero_ps()};
  transpose(first);
  transpose(second);
  static_assert(offsetof(RowBlock, scale) == 32 && offsetof(RowBlock, scaled_sum) == 48);
  for (int i = 0; i < kAtOnce; ++i) {
    _mm_store_ps(&out[i].scale, first[i]);
    _mm_store_ps(&out[i].scaled_sum, second[i]);
  }
}

}  // namespace

void block_quantise_avx512(const float* x, int n_blocks, RowBlock* out) {
  int b = 0;
  for (; b + kAtOnce <= n_blocks; b += kAtOnce) quantise_four(x + b * kBlockInputs, out + b);
  if (b == n_blocks) return;
  // The last few with zeros behind them.
  alignas(64) float rest[kAtOnce * kBlockInputs] = {};
  RowBlock blocks[kAtOnce];
  __builtin_memcpy(rest, x + b * kBlockInputs,
                   static_cast<std::size_t>((n_blocks - b) * kBlockInputs) * sizeof(float));
  quantise_four(rest, blocks);
  for (int i = 0; b + i < n_blocks; ++i) out[b + i] = blocks[i];
}

}  // namespace quern::kernels
