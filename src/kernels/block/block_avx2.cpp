// The products with block formats with AVX2: vpmaddubsw, exact on all codes as block_ymm.inc uses
// it.

#include <algorithm>
#include <limits>
#include <utility>

#include <immintrin.h>

#include "kernels/block/block_isa.h"

#define QUERN_TARGET __attribute__((target("avx2,fma,f16c")))
#define QUERN_INLINE QUERN_TARGET __attribute__((always_inline)) inline
#define QUERN_DOT4(sums, codes, a) (static_cast<void>(codes), static_cast<void>(a), sums)
namespace quern::kernels {
namespace {

constexpr bool kVnni = false;

#include "kernels/block/block_ymm.inc"

}  // namespace

constinit const BlockIsa block_avx2 = {.isa = "avx2", .quantise = quantise, .panels = panels};

}  // namespace quern::kernels
