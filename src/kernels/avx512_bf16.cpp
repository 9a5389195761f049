// AVX512-BF16: its dot product and its conversion; the f32 tile is the AVX-512 table's.
//
// vdpbf16ps rounds each product pair on its own way (to nearest even, subnormals flushed), so its
// results differ from the plain version's in the last bits: the tests allow for that, and the
// instruction set is part of every cache key.

#include <cstring>

#include <immintrin.h>

#include "kernels/gelu_table.h"
#include "kernels/int8_isa.h"
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
    _mm256_mask_storeu_epi16(p, first(n), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(v)));
  }
};

#include "kernels/rows.inc"

struct DotBf16Step {
  using Unit = std::uint32_t;
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
      .tile_rows = kTileRows,
      .tile_panels = 2,
      .native_bf16 = true,
      .tile_f32 = avx512_table.tile_f32,
      .tile_bf16 = tile<DotBf16Step>,
      .finish_row = finish_row,
      .layer_norm_row = layer_norm_row,
      .softmax_row = softmax_row,
      .transpose_16 = avx512_table.transpose_16,
      .scale_row = scale_row,
      .bf16_row = bf16_row,
      .int8 = &int8_avx512_vnni,
  };
  return table;
}

}  // namespace quern::kernels
