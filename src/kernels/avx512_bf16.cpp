// AVX512-BF16: its dot product and its conversion; the f32 tile is the AVX-512 table's.
//
// vdpbf16ps rounds each product pair on its own way (to nearest even, subnormals flushed), so its
// results differ from the plain version's in the last bits: the tests allow for that, and the
// instruction set is part of every cache key.

#include <cstring>

#include <immintrin.h>

#include "kernels/block/block_isa.h"
#include "kernels/codes/codes_isa.h"
#include "kernels/gelu_table.h"
#include "kernels/gram.h"
#include "kernels/int8/int8_isa.h"
#include "kernels/lanes/lanes.h"
#include "kernels/table.h"

#define QUERN_TARGET \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")))
#define QUERN_INLINE QUERN_TARGET static inline __attribute__((always_inline))

namespace quern::kernels {
namespace {

#include "kernels/simd_avx512.inc"

struct V : V512 {
  // As bf16_from_f32, but subnormal numbers become zero.
  QUERN_INLINE void store_bf16_n(std::uint16_t* p, Type v, int n) {
    store_halves_n(p, reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(v)), n);
  }
};

#include "kernels/rows.inc"

// exp(x) = 2^n 2^f with f in [-1/2, 1/2] and 2^f as its Taylor series to f^5, within 3e-6: the
// rounding to bf16 is a thousand times coarser. vscalefps takes any n, so nothing is clamped.
QUERN_INLINE __m512 exp2_rounded(__m512 x) {
  const __m512 n = V::round(x);
  const __m512 f = _mm512_sub_ps(x, n);
  __m512 p = V::fma(V::set1(0.00133335581f), f, V::set1(0.00961812911f));
  p = V::fma(p, f, V::set1(0.0555041087f));
  p = V::fma(p, f, V::set1(0.240226507f));
  p = V::fma(p, f, V::set1(0.693147181f));
  p = V::fma(p, f, V::set1(1.0f));
  return _mm512_scalef_ps(p, n);
}

QUERN_TARGET float softmax_row_bf16(float* s, int n, int n_padded, float scale, float* max_io,
                                    float* sum_io, std::uint16_t* out) {
  const int n_full = n - n % 16;
  const int n_left = n - n_full;
  __m512 largest_v = V::set1(*max_io);
  for (int i = 0; i < n_full; i += 16) largest_v = V::max(largest_v, V::load(s + i));
  if (n_left > 0) {
    largest_v = _mm512_mask_max_ps(largest_v, V::first(n_left), largest_v, V::load(s + n_full));
  }
  const float largest = V::largest(largest_v);

  const float scale2 = scale * 1.44269504f;
  const __m512 scale_v = V::set1(scale2);
  const __m512 shift = V::set1(-scale2 * largest);
  __m512 sum_v = _mm512_setzero_ps();
  for (int i = 0; i < n_full; i += 16) {
    const __m512 e = exp2_rounded(V::fma(V::load(s + i), scale_v, shift));
    sum_v = V::add(sum_v, e);
    V::store_bf16_n(out + i, e, 16);
  }
  for (int i = n_full; i < n_padded; i += 16) {
    const __m512 e = V::select_n(exp2_rounded(V::fma(V::load(s + i), scale_v, shift)), n - i);
    sum_v = V::add(sum_v, e);
    V::store_bf16_n(out + i, e, 16);
  }
  const float correction = *sum_io == 0.0f ? 0.0f : __builtin_expf(scale * (*max_io - largest));
  *max_io = largest;
  *sum_io = *sum_io * correction + V::sum(sum_v);
  return correction;
}

struct DotBf16Step {
  using Unit = std::uint32_t;
  using LineUnit = std::uint32_t;
  QUERN_INLINE __m512bh broadcast(const Unit* a) {
    return reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(*a)));
  }
  QUERN_INLINE __m512bh line(const Unit* b) {
    return reinterpret_cast<__m512bh>(_mm512_load_si512(b));
  }
  QUERN_INLINE __m512 add_product(__m512bh a, __m512bh b, __m512 acc) {
    return _mm512_dpbf16_ps(acc, a, b);
  }
};

#include "kernels/tile_avx512.inc"

}  // namespace

const Table& avx512_bf16_table() {
  static const Table table = {
      .isa = "avx512_bf16",
      .rows_per_pass = 96,
      .native_bf16 = true,
      .tile_f32 = avx512_table.tile_f32,
      .tile_bf16 = {tile<DotBf16Step>, kTileRows, 2},
      .tile_f16 = avx512_table.tile_f16,
      .tile_f32_bf16 = avx512_table.tile_f32_bf16,
      .finish_row = finish_row,
      .layer_norm_row = layer_norm_row,
      .rms_norm_row = rms_norm_row,
      .gated_row = gated_row,
      .softmax_row = softmax_row,
      .softmax_row_bf16 = softmax_row_bf16,
      .transpose_16 = avx512_table.transpose_16,
      .scale_row = scale_row,
      .bf16_row = bf16_row,
      .f16_row = f16_row,
      .int8 = &int8_avx512_vnni,
      .block = &block_avx512_vnni,
      .codes = &codes_avx512_vnni,
      .lanes = &lanes_avx512,
      .gram = &gram_avx512,
  };
  return table;
}

}  // namespace quern::kernels
