// The eight-bit product with matrix registers: two products of registers make one group of 128
// inputs for 16 rows by 16 outputs.
//
// The sums of a group leave the registers through the first-level cache, where they are scaled
// while the registers multiply the next group: the two halves of the work take about as long.

#include <algorithm>
#include <cstddef>

#include "kernels/amx/amx_block.h"
#include "kernels/int8/int8.h"
#include "kernels/int8/int8_isa.h"
#include "kernels/weight.h"

namespace quern::kernels {
namespace {

constexpr int kLineBytes = 64;
constexpr int kRegisterBytes = kAmxRows * kAmxRowBytes;
constexpr int kGroupBytes = kInt8Group / kInt8Step * kLineBytes;  // Of a panel's codes.

// Below this many rows the vector product is as fast: reading weights takes the time.
constexpr int kLeastRows = 5;

/// The i32 sums of one group: [rows][2 panels][16].
struct GroupSums {
  alignas(64) std::int32_t at[kAmxTileRows][2 * kPanelWidth];
};

// Multiplies group g into registers 0 to 3.
template <bool kTwoRows, bool kTwoPanels>
QUERN_AMX_INLINE void multiply_group(const Int8Tile& t, int g) {
  const std::uint8_t* rows = t.rows + g * kInt8Group;
  const std::byte* panels = t.panels + std::ptrdiff_t{g} * kGroupBytes;
  const int n_products = std::min(2, (t.n_steps - g * (kInt8Group / kInt8Step)) / kAmxRows);
  amx_clear<kTwoRows, kTwoPanels>();
  for (int i = 0; i < n_products; ++i) {
    amx_multiply<AmxInt8, kTwoRows, kTwoPanels>({.a = {rows, rows + kAmxRows * t.row_bytes},
                                                 .a_stride = t.row_bytes,
                                                 .b = {panels, panels + t.panel_bytes()}});
    rows += kAmxRowBytes;
    panels += kRegisterBytes;
  }
}

template <bool kTwoRows, bool kTwoPanels>
QUERN_AMX_INLINE void store_group(GroupSums& sums) {
  amx_store<kTwoRows, kTwoPanels>(sums.at[0], 2 * kPanelWidth);
}

/// What a panel says of a group.
struct GroupOfPanel {
  __m512 scales;
  __m512i sums;
};

// out += scales * (sums - zeros * sums of the weights), for kGroups groups from g on.
template <bool kTwoPanels, int kGroups>
QUERN_AMX_INLINE void scale_groups(const Int8Tile& t, int g, const GroupSums* sums) {
  constexpr int kPanels = kTwoPanels ? 2 : 1;
  GroupOfPanel w[kGroups][kPanels];
#pragma GCC unroll 2
  for (int i = 0; i < kGroups; ++i) {
#pragma GCC unroll 2
    for (int p = 0; p < kPanels; ++p) {
      const std::byte* panel = t.panels + p * t.panel_bytes() + std::ptrdiff_t{g + i} * kLineBytes;
      w[i][p] = {_mm512_load_ps(panel + t.scales_offset()),
                 _mm512_load_si512(panel + t.sums_offset())};
    }
  }
  const float* row_scales = t.row_scales + g;
  const std::int32_t* zeros = t.zeros + g;
  const float* before = g == 0 ? t.bias : t.out;
  const std::ptrdiff_t before_cols = g == 0 ? 0 : t.out_cols;
  float* out = t.out;
  for (int r = 0; r < t.n_rows; ++r) {
    __m512 total[kPanels];
#pragma GCC unroll 2
    for (int p = 0; p < kPanels; ++p) total[p] = _mm512_load_ps(before + p * kPanelWidth);
#pragma GCC unroll 2
    for (int i = 0; i < kGroups; ++i) {
      const __m512 row_scale = _mm512_set1_ps(row_scales[i]);
      const __m512i zero = _mm512_set1_epi32(zeros[i]);
#pragma GCC unroll 2
      for (int p = 0; p < kPanels; ++p) {
        const __m512i group = _mm512_dpwssd_epi32(
            _mm512_load_si512(sums[i].at[r] + p * kPanelWidth), zero, w[i][p].sums);
        total[p] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(group),
                                   _mm512_mul_ps(w[i][p].scales, row_scale), total[p]);
      }
    }
#pragma GCC unroll 2
    for (int p = 0; p < kPanels; ++p) _mm512_store_ps(out + p * kPanelWidth, total[p]);
    row_scales = offset(row_scales, t.row_bytes);
    zeros = offset(zeros, t.row_bytes);
    before += before_cols;
    out += t.out_cols;
  }
}

// Sums of groups g and, if there is one, g + 1.
template <bool kTwoRows, bool kTwoPanels>
QUERN_AMX_INLINE void multiply_pair(const Int8Tile& t, int g, GroupSums* to) {
  multiply_group<kTwoRows, kTwoPanels>(t, g);
  store_group<kTwoRows, kTwoPanels>(to[0]);
  if (g + 1 == t.n_groups) return;
  multiply_group<kTwoRows, kTwoPanels>(t, g + 1);
  store_group<kTwoRows, kTwoPanels>(to[1]);
}

// Two groups are scaled together while the next two are multiplied.
template <bool kTwoRows, bool kTwoPanels>
QUERN_AMX void block(const Int8Tile& tile) {
  const Int8Tile t = tile;
  GroupSums sums[2][2];
  multiply_pair<kTwoRows, kTwoPanels>(t, 0, sums[0]);
  int g = 0;
  for (; g + 2 < t.n_groups; g += 2) {
    multiply_pair<kTwoRows, kTwoPanels>(t, g + 2, sums[(g / 2 + 1) % 2]);
    scale_groups<kTwoPanels, 2>(t, g, sums[g / 2 % 2]);
  }
  if (t.n_groups - g == 2) {
    scale_groups<kTwoPanels, 2>(t, g, sums[g / 2 % 2]);
  } else {
    scale_groups<kTwoPanels, 1>(t, g, sums[g / 2 % 2]);
  }
}

template <bool kTwoRows>
QUERN_AMX void panels(Int8Tile t) {
  for (; t.n_panels > 0; t.n_panels -= 2) {
    if (t.n_panels >= 2) {
      block<kTwoRows, true>(t);
    } else {
      block<kTwoRows, false>(t);
    }
    t.panels += 2 * t.panel_bytes();
    t.bias += 2 * kPanelWidth;
    t.out += 2 * kPanelWidth;
  }
}

// The exact sums of either product are the same: so are the bits.
void tile_by_vectors(Int8Tile t) {
  for (int left = t.n_rows; left > 0; left -= t.n_rows) {
    t.n_rows = std::min(left, int8_avx512_vnni.tile_rows);
    int8_avx512_vnni.tile(t);
    const std::ptrdiff_t bytes = t.n_rows * t.row_bytes;
    t.rows += bytes;
    t.row_scales = offset(t.row_scales, bytes);
    t.zeros = offset(t.zeros, bytes);
    t.out += t.n_rows * t.out_cols;
  }
}

QUERN_AMX void tile(const Int8Tile& t) {
  if (t.n_rows < kLeastRows || t.n_steps % kAmxRows != 0) return tile_by_vectors(t);
  _tile_loadconfig(&amx_config(t.n_rows));
  if (t.n_rows > kAmxRows) {
    panels<true>(t);
  } else {
    panels<false>(t);
  }
  _tile_release();
}

}  // namespace

const Int8Isa int8_amx = {.isa = "amx",
                          .quantise = int8_avx512_vnni.quantise,
                          .tile = tile,
                          .tile_rows = kAmxTileRows,
                          .pair_limit = kInt8AnyPair};

}  // namespace quern::kernels
