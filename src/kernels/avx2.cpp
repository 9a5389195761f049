// AVX2 + FMA kernels. Built with the project's ordinary flags: only functions marked QUERN_TARGET
// may use AVX2, so no inline function of a shared header is ever emitted with instructions the
// CPU may lack.

#include <cstring>

#include <immintrin.h>

#include "kernels/block/block_isa.h"
#include "kernels/codes/codes_isa.h"
#include "kernels/gram.h"
#include "kernels/int8/int8_isa.h"
#include "kernels/lanes/lanes.h"
#include "kernels/table.h"
#include "tensor/dtype.h"

#define QUERN_TARGET __attribute__((target("avx2,fma,f16c")))
#define QUERN_INLINE QUERN_TARGET static inline __attribute__((always_inline))

namespace quern::kernels {
namespace {

QUERN_TARGET inline __m256 gelu_v(__m256 x);

struct V {
  using Type = __m256;
  static constexpr int kLanes = 8;

  QUERN_INLINE __m256i first(int n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  QUERN_INLINE Type load(const float* p) { return _mm256_loadu_ps(p); }
  QUERN_INLINE Type load_n(const float* p, int n) {
    return n >= kLanes ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, first(n));
  }
  QUERN_INLINE void store(float* p, Type v) { _mm256_storeu_ps(p, v); }
  QUERN_INLINE void store_n(float* p, Type v, int n) {
    if (n >= kLanes) {
      _mm256_storeu_ps(p, v);
    } else {
      _mm256_maskstore_ps(p, first(n), v);
    }
  }
  QUERN_INLINE Type select_n(Type v, int n) {
    return _mm256_and_ps(v, _mm256_castsi256_ps(first(n)));
  }
  QUERN_INLINE Type set1(float x) { return _mm256_set1_ps(x); }
  QUERN_INLINE Type add(Type a, Type b) { return _mm256_add_ps(a, b); }
  QUERN_INLINE Type sub(Type a, Type b) { return _mm256_sub_ps(a, b); }
  QUERN_INLINE Type mul(Type a, Type b) { return _mm256_mul_ps(a, b); }
  QUERN_INLINE Type div(Type a, Type b) { return _mm256_div_ps(a, b); }
  QUERN_INLINE Type fma(Type a, Type b, Type c) { return _mm256_fmadd_ps(a, b, c); }
  QUERN_INLINE Type max(Type a, Type b) { return _mm256_max_ps(a, b); }
  QUERN_INLINE Type min(Type a, Type b) { return _mm256_min_ps(a, b); }
  QUERN_INLINE Type round(Type a) {
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  // 2^n for -126 <= n <= 127: exp_v's argument is clamped to that.
  QUERN_INLINE Type pow2(Type n) {
    const __m256i e = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(e, 23));
  }
  QUERN_INLINE float sum(Type v) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
  }
  QUERN_INLINE float largest(Type v) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_shuffle_ps(s, s, 1)));
  }
  QUERN_INLINE Type gelu_rounded(Type x) { return gelu_v(x); }

  QUERN_INLINE void store_halves_n(std::uint16_t* p, __m128i halves, int n) {
    if (n >= kLanes) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), halves);
    } else {
      alignas(16) std::uint16_t all[kLanes];
      _mm_store_si128(reinterpret_cast<__m128i*>(all), halves);
      std::memcpy(p, all, static_cast<std::size_t>(n) * sizeof(std::uint16_t));
    }
  }
  QUERN_INLINE void store_f16_n(std::uint16_t* p, Type v, int n) {
    store_halves_n(p, _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT), n);
  }

  // Round to nearest even on the bits; NaN becomes a quiet NaN, as bf16_from_f32.
  QUERN_INLINE void store_bf16_n(std::uint16_t* p, Type v, int n) {
    const __m256i bits = _mm256_castps_si256(v);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
    const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
    rounded = _mm256_srli_epi32(_mm256_blendv_epi8(rounded, quiet, nan), 16);
    store_halves_n(
        p, _mm_packus_epi32(_mm256_castsi256_si128(rounded), _mm256_extracti128_si256(rounded, 1)),
        n);
  }
};

#include "kernels/rows.inc"

struct F32Step {
  using Unit = float;
  using LineUnit = float;
  QUERN_INLINE __m256 broadcast(const Unit* a) { return _mm256_broadcast_ss(a); }
  QUERN_INLINE __m256 line(const Unit* b) { return _mm256_load_ps(b); }
  QUERN_INLINE __m256 add_product(__m256 a, __m256 b, __m256 acc) {
    return _mm256_fmadd_ps(a, b, acc);
  }
};

// Two bf16 a step as two FMAs on the halves widened to f32: the same order as plain.
struct Bf16Step {
  using Unit = std::uint32_t;
  using LineUnit = std::uint32_t;
  QUERN_INLINE __m256i broadcast(const Unit* a) { return _mm256_set1_epi32(static_cast<int>(*a)); }
  QUERN_INLINE __m256i line(const Unit* b) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(b));
  }
  QUERN_INLINE __m256 low(__m256i v) { return _mm256_castsi256_ps(_mm256_slli_epi32(v, 16)); }
  QUERN_INLINE __m256 high(__m256i v) {
    return _mm256_castsi256_ps(
        _mm256_and_si256(v, _mm256_set1_epi32(static_cast<int>(0xffff0000u))));
  }
  QUERN_INLINE __m256 add_product(__m256i a, __m256i b, __m256 acc) {
    acc = _mm256_fmadd_ps(high(a), high(b), acc);
    return _mm256_fmadd_ps(low(a), low(b), acc);
  }
};

// Weights of 16 bits, widened.
struct F16WeightStep : F32Step {
  using LineUnit = std::uint16_t;
  QUERN_INLINE __m256 line(const LineUnit* b) {
    return _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(b)));
  }
};

struct Bf16WeightStep : F32Step {
  using LineUnit = std::uint16_t;
  QUERN_INLINE __m256 line(const LineUnit* b) {
    const __m128i halves = _mm_load_si128(reinterpret_cast<const __m128i*>(b));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
  }
};

// An 8 x 8 transpose in three rounds of shuffles, four times.
QUERN_INLINE void transpose_8(const std::uint32_t* rows, std::ptrdiff_t stride, int n_rows,
                              int n_units, std::uint32_t* out) {
  const __m256i mask = V::first(n_units);
  __m256i r[8], t[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    r[i] = i < n_rows ? _mm256_maskload_epi32(reinterpret_cast<const int*>(rows + i * stride), mask)
                      : _mm256_setzero_si256();
  }
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    r[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm256_permute2x128_si256(r[i], r[i + 4], 0x20);
    t[i + 4] = _mm256_permute2x128_si256(r[i], r[i + 4], 0x31);
  }
#pragma GCC unroll 8
  for (int u = 0; u < 8; ++u) {
    if (u < n_units) _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + u * 16), t[u]);
  }
}

QUERN_TARGET void transpose_16(const std::uint32_t* rows, std::ptrdiff_t stride, int n_rows,
                               int n_units, std::uint32_t* out) {
  for (int half = 0; half < 16; half += 8) {
    for (int u = 0; u < n_units; u += 8) {
      transpose_8(rows + half * stride + u, stride, n_rows - half, n_units - u,
                  out + u * 16 + half);
    }
  }
}

// 6 rows x 1 panel (2 registers wide) keep 12 accumulators, a line of b and a broadcast in 16
// registers. Fewer rows take more panels, to hide the FMA's latency.
constexpr int kTileRows = 6;

template <typename Step, int kRows, int kPanels>
QUERN_TARGET void tile_block(const Tile& t, int panel) {
  using Unit = typename Step::Unit;
  const auto* a = static_cast<const Unit*>(t.a);
  const auto* b = static_cast<const typename Step::LineUnit*>(t.b) + panel * t.b_stride;
  float* c = t.c + static_cast<std::ptrdiff_t>(panel) * 16;
  constexpr int kHalves = 2 * kPanels;

  __m256 acc[kRows][kHalves];
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int h = 0; h < kHalves; ++h) {
      acc[r][h] = t.accumulate ? _mm256_loadu_ps(c + r * t.c_stride + 8 * h) : _mm256_setzero_ps();
    }
  }
  for (int s = 0; s < t.n_steps; ++s) {
    decltype(Step::line(b)) line[kHalves];
#pragma GCC unroll 8
    for (int h = 0; h < kHalves; ++h) line[h] = Step::line(b + (h / 2) * t.b_stride + 8 * (h % 2));
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      const auto x = Step::broadcast(a + r * t.a_stride + s);
#pragma GCC unroll 8
      for (int h = 0; h < kHalves; ++h) acc[r][h] = Step::add_product(x, line[h], acc[r][h]);
    }
    b += 16;
  }
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int h = 0; h < kHalves; ++h) _mm256_storeu_ps(c + r * t.c_stride + 8 * h, acc[r][h]);
  }
}

template <typename Step, int kRows>
QUERN_TARGET void tile_rows(const Tile& t) {
  constexpr int kPanels = kRows == 1 ? 4 : kRows <= 3 ? 2 : 1;
  int panel = 0;
  for (; panel + kPanels <= t.n_panels; panel += kPanels) {
    tile_block<Step, kRows, kPanels>(t, panel);
  }
  if constexpr (kPanels > 1) {
    for (; panel < t.n_panels; ++panel) tile_block<Step, kRows, 1>(t, panel);
  }
}

template <typename Step>
void tile(const Tile& t) {
  using Fn = void (*)(const Tile&);
  static constexpr Fn kByRows[] = {tile_rows<Step, 1>, tile_rows<Step, 2>, tile_rows<Step, 3>,
                                   tile_rows<Step, 4>, tile_rows<Step, 5>, tile_rows<Step, 6>};
  kByRows[t.n_rows - 1](t);
}

}  // namespace

constinit const Table avx2_table = {
    .isa = "avx2",
    .rows_per_pass = 96,
    .native_bf16 = false,
    .tile_f32 = {tile<F32Step>, kTileRows, 1},
    .tile_bf16 = {tile<Bf16Step>, kTileRows, 1},
    .tile_f16 = {tile<F16WeightStep>, kTileRows, 1},
    .tile_f32_bf16 = {tile<Bf16WeightStep>, kTileRows, 1},
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
    .lanes = &lanes_avx2,
    .gram = &gram_avx2,
};

}  // namespace quern::kernels
