// The eight-bit product with AVX2. vpmaddubsw adds the products of two inputs in 16 bits and
// saturates: which packed weights never make it do (Int8Isa::pair_limit).

#include <algorithm>

#include <immintrin.h>

#include "kernels/int8/int8_isa.h"
#include "kernels/int8/int8_ymm.h"

#define QUERN_TARGET QUERN_AVX2
#define QUERN_INLINE QUERN_AVX2_INLINE

namespace quern::kernels {
namespace {

constexpr int kPairLimit = 128;
static_assert(255 * kPairLimit <= 32767);

// As assembly, because g++ 12 multiplies ahead, runs out of registers and keeps accumulators in
// memory.
template <int R, int N>
QUERN_INLINE void step_row(__m256i (&acc)[N], const std::byte* line, const std::uint8_t* codes) {
  const __m256i ones = _mm256_set1_epi16(1);
  const auto* w = reinterpret_cast<const __m256i*>(line);
  __m256i a, b;
  __asm__(
      "vpbroadcastd %4, %2\n\t"
      "vpmaddubsw %6, %2, %3\n\tvpmaddubsw %5, %2, %2\n\t"
      "vpmaddwd %7, %2, %2\n\tvpmaddwd %7, %3, %3\n\t"
      "vpaddd %2, %0, %0\n\tvpaddd %3, %1, %1"
      : "+x"(acc[2 * R]), "+x"(acc[2 * R + 1]), "=&x"(a), "=&x"(b)
      : "m"(*reinterpret_cast<const std::uint8_t(*)[kInt8Step]>(codes)), "m"(w[0]), "m"(w[1]),
        "x"(ones));
}

#include "kernels/int8/int8_ymm_tile.inc"

}  // namespace

constinit const Int8Isa int8_avx2 = {.isa = "avx2",
                                     .quantise = int8_quantise_ymm,
                                     .tile = tile,
                                     .tile_rows = kTileRows,
                                     .pair_limit = kPairLimit};

}  // namespace quern::kernels
