// The products with block formats with AVX-VNNI, for processors without AVX-512.

#include <algorithm>
#include <limits>
#include <utility>

#include <immintrin.h>

#include "kernels/block/block_isa.h"

#define QUERN_TARGET __attribute__((target("avx2,fma,f16c,avxvnni")))
#define QUERN_INLINE QUERN_TARGET __attribute__((always_inline)) inline
#define QUERN_DOT4 _mm256_dpbusd_avx_epi32
namespace quern::kernels {
namespace {

constexpr bool kVnni = true;

#include "kernels/block/block_ymm.inc"

}  // namespace

constinit const BlockIsa block_avx2_vnni = {
    .isa = "avx2_vnni", .quantise = quantise, .panels = panels};

}  // namespace quern::kernels
