// The eight-bit product with AVX-VNNI: the 256-bit dot product of processors without AVX-512.

#include <algorithm>
#include <cstring>

#include <immintrin.h>

#include "kernels/int8/int8_isa.h"
#include "kernels/int8/int8_ymm.h"

#define QUERN_AVX2_VNNI __attribute__((target("avx2,fma,avxvnni")))
#define QUERN_AVX2_VNNI_INLINE QUERN_AVX2_VNNI __attribute__((always_inline)) inline

namespace quern::kernels {
namespace {

constexpr int kTileRows = 12;
constexpr int kRows = 6;  // By two vectors: 12 accumulators, 2 for weights, 1 for a row's codes.

template <int R, int N>
QUERN_AVX2_VNNI_INLINE void step_row(__m256i (&acc)[N], __m256i w0, __m256i w1,
                                     const std::uint8_t* row) {
  std::int32_t four;
  std::memcpy(&four, row, sizeof(four));
  const __m256i a = _mm256_set1_epi32(four);
  acc[2 * R] = _mm256_dpbusd_avx_epi32(acc[2 * R], a, w0);
  acc[2 * R + 1] = _mm256_dpbusd_avx_epi32(acc[2 * R + 1], a, w1);
}

template <int... R>
QUERN_AVX2_VNNI void group(const Int8Tile& t, int first_row, int panel, int g, Int8Seq<R...>) {
  constexpr int kAll = 2 * static_cast<int>(sizeof...(R));
  __m256i acc[kAll];
  int8_start_group(acc, t, first_row, panel, g, Int8Upto<kAll>());
  const int n_steps = std::min(kInt8GroupSteps, t.n_steps - g * kInt8GroupSteps);
  const std::byte* codes = int8_codes(t, panel, g);
  const std::uint8_t* rows = t.rows + first_row * t.row_bytes + g * kInt8Group;
  for (int i = 0; i < n_steps; ++i, codes += 64, rows += kInt8Step) {
    const __m256i w0 = int8_load(codes);
    const __m256i w1 = int8_load(codes + 32);
    (step_row<R>(acc, w0, w1, rows + R * t.row_bytes), ...);
  }
  int8_finish_group(acc, t, first_row, panel, g, Int8Upto<kAll>());
}

QUERN_AVX2_VNNI void rows_group(const Int8Tile& t, int first_row, int n_rows, int panel, int g) {
  switch (n_rows) {
    case 1:
      return group(t, first_row, panel, g, Int8Upto<1>());
    case 2:
      return group(t, first_row, panel, g, Int8Upto<2>());
    case 3:
      return group(t, first_row, panel, g, Int8Upto<3>());
    case 4:
      return group(t, first_row, panel, g, Int8Upto<4>());
    case 5:
      return group(t, first_row, panel, g, Int8Upto<5>());
    default:
      return group(t, first_row, panel, g, Int8Upto<kRows>());
  }
}

QUERN_AVX2_VNNI void tile(const Int8Tile& t) {
  int8_start_sums(t);
  for (int panel = 0; panel < t.n_panels; ++panel) {
    for (int g = 0; g < t.n_groups; ++g) {
      for (int r = 0; r < t.n_rows; r += kRows) {
        rows_group(t, r, std::min(kRows, t.n_rows - r), panel, g);
      }
    }
  }
}

}  // namespace

constinit const Int8Isa int8_avx2_vnni = {
    .isa = "avx2_vnni", .quantise = int8_quantise_ymm, .tile = tile, .tile_rows = kTileRows};

}  // namespace quern::kernels
