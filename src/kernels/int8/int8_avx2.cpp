// The eight-bit product with AVX2: codes widened to 16 bits, for vpmaddubsw saturates
// (2 * 255 * 127 > 32,767) where the other versions do not.
//
// The four inputs of an output lie in one 32-bit lane. Even and odd ones are split, so that
// vpmaddwd of the even pair plus vpmaddwd of the odd pair is the lane's whole product.

#include <algorithm>
#include <cstring>
#include <utility>

#include <immintrin.h>

#include "kernels/int8/int8.h"
#include "kernels/int8/int8_isa.h"
#include "kernels/int8/int8_ymm.h"
#include "kernels/weight.h"

namespace quern::kernels {
namespace {

constexpr int kTileRows = 12;
constexpr int kRows =
    6;  // By two vectors: 12 accumulators, 2 for weights, a row's pair, a product.

/// A group of a tile's rows, split: [row][step] pairs of inputs 0 and 2, and of 1 and 3.
struct SplitRows {
  alignas(32) std::int32_t even[kTileRows][kInt8GroupSteps];
  alignas(32) std::int32_t odd[kTileRows][kInt8GroupSteps];
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

/// A group of a panel's weights, widened and split like the rows: [step][output][pair].
struct SplitPanel {
  __m256i even[kInt8GroupSteps][2];
  __m256i odd[kInt8GroupSteps][2];
};

QUERN_AVX2 void split_panel(const std::byte* codes, int n_steps, SplitPanel& split) {
  for (int i = 0; i < n_steps; ++i) {
    for (int half = 0; half < 2; ++half) {
      const __m256i w = int8_load(codes + i * 64 + half * 32);
      split.even[i][half] = _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8);
      split.odd[i][half] = _mm256_srai_epi16(w, 8);
    }
  }
}

// As assembly, because g++ 12 adds the products to each other first, runs out of registers and
// keeps accumulators in memory, at two thirds of the speed.
QUERN_AVX2_INLINE void add_products(__m256i& acc, __m256i a, __m256i w) {
  __m256i products;
  __asm__("vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0" : "+x"(acc), "=&x"(products) : "x"(a), "x"(w));
}

// One row against one line of widened weights.
template <int R, int N>
QUERN_AVX2_INLINE void step_row(__m256i (&acc)[N], __m256i w0, __m256i w1, std::int32_t pair) {
  const __m256i a = _mm256_set1_epi32(pair);
  add_products(acc[2 * R], a, w0);
  add_products(acc[2 * R + 1], a, w1);
}

template <int... R>
QUERN_AVX2 void group(const Int8Tile& t, const SplitRows& rows, const SplitPanel& weights,
                      int first_row, int panel, int g, Int8Seq<R...>) {
  constexpr int kAll = 2 * static_cast<int>(sizeof...(R));
  __m256i acc[kAll];
  int8_start_group(acc, t, first_row, panel, g, Int8Upto<kAll>());
  const int n_steps = std::min(kInt8GroupSteps, t.n_steps - g * kInt8GroupSteps);
  const auto* even = rows.even[first_row];
  const auto* odd = rows.odd[first_row];
  for (int i = 0; i < n_steps; ++i, ++even, ++odd) {
    (step_row<R>(acc, weights.even[i][0], weights.even[i][1], even[R * kInt8GroupSteps]), ...);
    (step_row<R>(acc, weights.odd[i][0], weights.odd[i][1], odd[R * kInt8GroupSteps]), ...);
  }
  int8_finish_group(acc, t, first_row, panel, g, Int8Upto<kAll>());
}

using GroupFn = void (*)(const Int8Tile&, const SplitRows&, const SplitPanel&, int first_row,
                         int panel, int g);

template <int N>
QUERN_AVX2 void group_of(const Int8Tile& t, const SplitRows& rows, const SplitPanel& weights,
                         int first_row, int panel, int g) {
  group(t, rows, weights, first_row, panel, g, Int8Upto<N>());
}

constexpr GroupFn kGroups[kRows] = {group_of<1>, group_of<2>, group_of<3>,
                                    group_of<4>, group_of<5>, group_of<6>};

QUERN_AVX2 void tile(const Int8Tile& t) {
  int8_start_sums(t);
  SplitRows rows;
  SplitPanel weights;
  for (int g = 0; g < t.n_groups; ++g) {
    const int n_steps = std::min(kInt8GroupSteps, t.n_steps - g * kInt8GroupSteps);
    split_group(t, g, rows);
    for (int panel = 0; panel < t.n_panels; ++panel) {
      split_panel(int8_codes(t, panel, g), n_steps, weights);
      for (int r = 0; r < t.n_rows; r += kRows) {
        kGroups[std::min(kRows, t.n_rows - r) - 1](t, rows, weights, r, panel, g);
      }
    }
  }
}

}  // namespace

constinit const Int8Isa int8_avx2 = {
    .isa = "avx2", .quantise = int8_quantise_ymm, .tile = tile, .tile_rows = kTileRows};

}  // namespace quern::kernels
