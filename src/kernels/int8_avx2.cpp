// The eight-bit product with AVX2: codes widened to 16 bits, for vpmaddubsw saturates
// (2 * 255 * 127 > 32,767) where the other versions do not.
//
// The four inputs of an output lie in one 32-bit lane. Even and odd ones are split, so that
// vpmaddwd of the even pair plus vpmaddwd of the odd pair is the lane's whole product.

#include <algorithm>
#include <cstring>
#include <utility>

#include <immintrin.h>

#include "kernels/int8.h"
#include "kernels/int8_isa.h"
#include "kernels/int8_ymm.h"

namespace quern::kernels {
namespace {

constexpr int kRows = 4;  // By two vectors: 8 accumulators, 4 for weights, 2 for a row's pairs.

/// A group of a tile's rows, split: [row][step] pairs of inputs 0 and 2, and of 1 and 3.
struct SplitRows {
  alignas(32) std::int32_t even[kInt8TileRows][kInt8GroupSteps];
  alignas(32) std::int32_t odd[kInt8TileRows][kInt8GroupSteps];
};

QUERN_AVX2 void split_group(const Int8Tile& t, int g, SplitRows& split) {
  const __m256i low_bytes = _mm256_set1_epi16(0x00ff);
  const int n_steps = std::min(kInt8GroupSteps, t.n_steps - g * kInt8GroupSteps);
  for (int r = 0; r < t.n_rows; ++r) {
    alignas(32) std::uint8_t codes[kInt8Group] = {};
    std::memcpy(codes, t.rows + r * t.row_bytes + g * kInt8Group,
                static_cast<std::size_t>(n_steps * kInt8Step));
    for (int i = 0; i < kInt8GroupSteps; i += 8) {
      const __m256i v = _mm256_load_si256(reinterpret_cast<const __m256i*>(codes + i * kInt8Step));
      _mm256_store_si256(reinterpret_cast<__m256i*>(split.even[r] + i),
                         _mm256_and_si256(v, low_bytes));
      _mm256_store_si256(reinterpret_cast<__m256i*>(split.odd[r] + i), _mm256_srli_epi16(v, 8));
    }
  }
}

QUERN_AVX2_INLINE __m256i even_inputs(__m256i w) {
  return _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8);
}
QUERN_AVX2_INLINE __m256i odd_inputs(__m256i w) { return _mm256_srai_epi16(w, 8); }

template <int R, int N>
QUERN_AVX2_INLINE void step_row(__m256i (&acc)[N], const __m256i (&even)[2],
                                const __m256i (&odd)[2], std::int32_t row_even,
                                std::int32_t row_odd) {
  const __m256i a = _mm256_set1_epi32(row_even);
  const __m256i b = _mm256_set1_epi32(row_odd);
  acc[2 * R] = _mm256_add_epi32(acc[2 * R], _mm256_madd_epi16(a, even[0]));
  acc[2 * R + 1] = _mm256_add_epi32(acc[2 * R + 1], _mm256_madd_epi16(a, even[1]));
  acc[2 * R] = _mm256_add_epi32(acc[2 * R], _mm256_madd_epi16(b, odd[0]));
  acc[2 * R + 1] = _mm256_add_epi32(acc[2 * R + 1], _mm256_madd_epi16(b, odd[1]));
}

template <int... R>
QUERN_AVX2 void group(const Int8Tile& t, const SplitRows& split, int first_row, int panel, int g,
                      Int8Seq<R...>) {
  constexpr int kAll = 2 * static_cast<int>(sizeof...(R));
  __m256i acc[kAll];
  int8_start_group(acc, t, first_row, panel, g, Int8Upto<kAll>());
  const int n_steps = std::min(kInt8GroupSteps, t.n_steps - g * kInt8GroupSteps);
  const std::byte* codes = int8_codes(t, panel, g);
  for (int i = 0; i < n_steps; ++i, codes += 64) {
    const __m256i w0 = int8_load(codes);
    const __m256i w1 = int8_load(codes + 32);
    const __m256i even[2] = {even_inputs(w0), even_inputs(w1)};
    const __m256i odd[2] = {odd_inputs(w0), odd_inputs(w1)};
    (step_row<R>(acc, even, odd, split.even[first_row + R][i], split.odd[first_row + R][i]), ...);
  }
  int8_finish_group(acc, t, first_row, panel, g, Int8Upto<kAll>());
}

QUERN_AVX2 void rows_group(const Int8Tile& t, const SplitRows& split, int first_row, int n_rows,
                           int panel, int g) {
  switch (n_rows) {
    case 1:
      return group(t, split, first_row, panel, g, Int8Upto<1>());
    case 2:
      return group(t, split, first_row, panel, g, Int8Upto<2>());
    case 3:
      return group(t, split, first_row, panel, g, Int8Upto<3>());
    default:
      return group(t, split, first_row, panel, g, Int8Upto<kRows>());
  }
}

QUERN_AVX2 void tile(const Int8Tile& t) {
  int8_start_sums(t);
  SplitRows split;
  for (int g = 0; g < t.n_groups; ++g) {
    split_group(t, g, split);
    for (int panel = 0; panel < t.n_panels; ++panel) {
      for (int r = 0; r < t.n_rows; r += kRows) {
        rows_group(t, split, r, std::min(kRows, t.n_rows - r), panel, g);
      }
    }
  }
}

}  // namespace

constinit const Int8Isa int8_avx2 = {.isa = "avx2", .quantise = int8_quantise_ymm, .tile = tile};

}  // namespace quern::kernels
