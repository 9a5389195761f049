// The AVX512-BF16 dot product; everything else is the AVX-512 table's.
//
// vdpbf16ps rounds each product pair on its own way (to nearest even, subnormals flushed), so its
// results differ from the plain version's in the last bits: the tests allow for that, and the
// instruction set is part of every cache key.

#include <cstring>

#include <immintrin.h>

#include "kernels/table.h"

#define QUERN_TARGET \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")))
#define QUERN_INLINE QUERN_TARGET static inline __attribute__((always_inline))

namespace quern::kernels {
namespace {

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

// A function, because constinit cannot copy from another translation unit's table.
namespace {
Table with_bf16(Table table) {
  table.isa = "avx512_bf16";
  table.tile_bf16 = tile<DotBf16Step>;
  return table;
}
}  // namespace

const Table& avx512_bf16_table() {
  static const Table table = with_bf16(avx512_table);
  return table;
}

}  // namespace quern::kernels
