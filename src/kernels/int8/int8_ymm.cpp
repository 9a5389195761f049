#include "kernels/int8/int8_ymm.h"

#include <algorithm>
#include <cstring>

namespace quern::kernels {
namespace {

QUERN_AVX2 float least_lane(__m256 v) {
  __m128 m = _mm_min_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  m = _mm_min_ps(m, _mm_movehl_ps(m, m));
  return _mm_cvtss_f32(_mm_min_ss(m, _mm_shuffle_ps(m, m, 1)));
}

QUERN_AVX2 __m256i code_lanes(const float* x, __m256 inverse, __m256i zero) {
  return _mm256_add_epi32(_mm256_cvtps_epi32(_mm256_mul_ps(_mm256_load_ps(x), inverse)), zero);
}

// `x` holds 128 values, 32-byte aligned; `codes` too.
QUERN_AVX2 void quantise_group(const float* x, std::uint8_t* codes, float* scale,
                               std::int32_t* zero) {
  __m256 low = _mm256_setzero_ps();
  __m256 high = _mm256_setzero_ps();
  for (int k = 0; k < kInt8Group; k += 8) {
    const __m256 v = _mm256_load_ps(x + k);
    low = _mm256_min_ps(v, low);
    high = _mm256_max_ps(v, high);
  }
  const float least = least_lane(low);
  const __m256 sign = _mm256_set1_ps(-0.0f);
  const float range = -least_lane(_mm256_xor_ps(high, sign)) - least;
  const float inverse = range > 1e-30f ? 255.0f / range : 0.0f;
  *scale = range > 1e-30f ? range / 255.0f : 0.0f;
  *zero = std::clamp(_mm_cvtss_si32(_mm_set_ss(-least * inverse)), 0, 255);

  const __m256 inverse_v = _mm256_set1_ps(inverse);
  const __m256i zero_v = _mm256_set1_epi32(*zero);
  // Packing works within 128-bit halves; this puts its 4-byte pieces back in order.
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  for (int k = 0; k < kInt8Group; k += 32) {
    const __m256i a = code_lanes(x + k, inverse_v, zero_v);
    const __m256i b = code_lanes(x + k + 8, inverse_v, zero_v);
    const __m256i c = code_lanes(x + k + 16, inverse_v, zero_v);
    const __m256i d = code_lanes(x + k + 24, inverse_v, zero_v);
    const __m256i bytes = _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
    _mm256_store_si256(reinterpret_cast<__m256i*>(codes + k),
                       _mm256_permutevar8x32_epi32(bytes, order));
  }
}

void quantise_row(const float* x, const float* factors, int n, std::uint8_t* codes, float* scales,
                  std::int32_t* zeros) {
  for (int g = 0; g * kInt8Group < n; ++g) {
    const int n_here = std::min(kInt8Group, n - g * kInt8Group);
    alignas(32) float values[kInt8Group];
    alignas(32) std::uint8_t group_codes[kInt8Group];
    std::fill(values + n_here, values + kInt8Group, 0.0f);
    for (int k = 0; k < n_here; ++k) {
      const int i = g * kInt8Group + k;
      values[k] = factors ? x[i] * factors[i] : x[i];
    }
    quantise_group(values, group_codes, scales + g, zeros + g);
    const int n_codes = (n_here + kInt8Step - 1) / kInt8Step * kInt8Step;
    std::fill(group_codes + n_here, group_codes + n_codes, std::uint8_t{0});
    std::memcpy(codes + g * kInt8Group, group_codes, static_cast<std::size_t>(n_codes));
  }
}

}  // namespace

void int8_quantise_ymm(const Int8Quantise& q) {
  for (int r = 0; r < q.n_rows; ++r) {
    quantise_row(q.x + r * q.x_stride, q.factors, q.n, q.codes + r * q.row_bytes,
                 q.scales + r * q.row_bytes / 4, q.zeros + r * q.row_bytes / 4);
  }
}

QUERN_AVX2 void int8_start_sums(const Int8Tile& t) {
  for (int r = 0; r < t.n_rows; ++r) {
    std::memcpy(t.out + r * t.out_cols, t.bias,
                static_cast<std::size_t>(t.n_panels * kPanelWidth) * sizeof(float));
  }
}

}  // namespace quern::kernels
