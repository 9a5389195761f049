// The eight-bit product with AVX-VNNI: the 256-bit dot product of processors without AVX-512.

#include <algorithm>
#include <cstring>

#include <immintrin.h>

#include "kernels/int8/int8_isa.h"
#include "kernels/int8/int8_ymm.h"

#define QUERN_TARGET __attribute__((target("avx2,fma,avxvnni")))
#define QUERN_INLINE QUERN_TARGET __attribute__((always_inline)) inline

namespace quern::kernels {
namespace {

template <int R, int N>
QUERN_INLINE void step_row(__m256i (&acc)[N], const std::byte* line, const std::uint8_t* codes) {
  std::int32_t four;
  std::memcpy(&four, codes, sizeof(four));
  const __m256i a = _mm256_set1_epi32(four);
  acc[2 * R] = _mm256_dpbusd_avx_epi32(acc[2 * R], a, int8_load(line));
  acc[2 * R + 1] = _mm256_dpbusd_avx_epi32(acc[2 * R + 1], a, int8_load(line + 32));
}

#include "kernels/int8/int8_ymm_tile.inc"

}  // namespace

constinit const Int8Isa int8_avx2_vnni = {.isa = "avx2_vnni",
                                          .quantise = int8_quantise_ymm,
                                          .tile = tile,
                                          .tile_rows = kTileRows,
                                          .pair_limit = kInt8AnyPair};

}  // namespace quern::kernels
