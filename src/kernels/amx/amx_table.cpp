// The bf16 tile with matrix registers; all else is the AVX512-BF16 table's.
//
// A product of registers sums even and odd inputs apart, 16 steps of each, and adds both to the
// result: so bits depend on where the steps are cut, which is at multiples of 16. Subnormal
// numbers count as zero.

#include <cstring>

#include <immintrin.h>

#include "kernels/amx/amx.h"
#include "kernels/int8/int8_isa.h"
#include "kernels/table.h"

#define QUERN_AMX __attribute__((target("amx-tile,amx-bf16,avx512f")))

namespace quern::kernels {
namespace {

/// A whole register's worth of steps: full ones where they lie, the last few padded with zeros.
struct Steps {
  const std::byte* a[2];  // Rows of the upper and the lower register.
  std::ptrdiff_t a_stride;
  const std::byte* b[2];  // Lines of two panels.
};

template <bool kTwoRows, bool kTwoPanels>
QUERN_AMX inline void multiply(const Steps& s) {
  _tile_loadd(4, s.a[0], s.a_stride);
  _tile_loadd(6, s.b[0], kAmxRowBytes);
  _tile_dpbf16ps(0, 4, 6);
  if constexpr (kTwoPanels) {
    _tile_loadd(7, s.b[1], kAmxRowBytes);
    _tile_dpbf16ps(1, 4, 7);
  }
  if constexpr (kTwoRows) {
    _tile_loadd(5, s.a[1], s.a_stride);
    _tile_dpbf16ps(2, 5, 6);
    if constexpr (kTwoPanels) _tile_dpbf16ps(3, 5, 7);
  }
}

/// Rows of the last few steps, padded.
struct TailRows {
  alignas(64) std::byte bytes[kAmxTileRows * kAmxRowBytes];
};

template <bool kTwoRows, bool kTwoPanels>
QUERN_AMX void block(const Tile& t, int panel, const TailRows& tail_rows) {
  float* c = t.c + std::ptrdiff_t{panel} * 16;
  float* c_lower = c + kAmxRows * t.c_stride;
  const std::ptrdiff_t c_bytes = t.c_stride * 4;
  if (t.accumulate) {
    _tile_loadd(0, c, c_bytes);
    if constexpr (kTwoPanels) _tile_loadd(1, c + 16, c_bytes);
    if constexpr (kTwoRows) _tile_loadd(2, c_lower, c_bytes);
    if constexpr (kTwoRows && kTwoPanels) _tile_loadd(3, c_lower + 16, c_bytes);
  } else {
    _tile_zero(0);
    if constexpr (kTwoPanels) _tile_zero(1);
    if constexpr (kTwoRows) _tile_zero(2);
    if constexpr (kTwoRows && kTwoPanels) _tile_zero(3);
  }
  const auto* a = static_cast<const std::byte*>(t.a);
  const auto* b = static_cast<const std::byte*>(t.b) + panel * t.b_stride * 4;
  Steps s{.a = {a, a + kAmxRows * t.a_stride * 4},
          .a_stride = t.a_stride * 4,
          .b = {b, b + t.b_stride * 4}};
  int left = t.n_steps;
  for (; left >= kAmxSteps; left -= kAmxSteps) {
    multiply<kTwoRows, kTwoPanels>(s);
    for (const std::byte*& p : s.a) p += kAmxRowBytes;
    for (const std::byte*& p : s.b) p += kAmxRows * kAmxRowBytes;
  }
  if (left > 0) {
    alignas(64) std::byte lines[2][kAmxRows * kAmxRowBytes] = {};
    for (int i = 0; i < (kTwoPanels ? 2 : 1); ++i) {
      std::memcpy(lines[i], s.b[i], static_cast<std::size_t>(left) * kAmxRowBytes);
    }
    multiply<kTwoRows, kTwoPanels>(
        {.a = {tail_rows.bytes, tail_rows.bytes + kAmxRows * kAmxRowBytes},
         .a_stride = kAmxRowBytes,
         .b = {lines[0], lines[1]}});
  }
  _tile_stored(0, c, c_bytes);
  if constexpr (kTwoPanels) _tile_stored(1, c + 16, c_bytes);
  if constexpr (kTwoRows) _tile_stored(2, c_lower, c_bytes);
  if constexpr (kTwoRows && kTwoPanels) _tile_stored(3, c_lower + 16, c_bytes);
}

template <bool kTwoRows>
QUERN_AMX void panels(const Tile& t, const TailRows& tail_rows) {
  int panel = 0;
  for (; panel + 2 <= t.n_panels; panel += 2) block<kTwoRows, true>(t, panel, tail_rows);
  if (panel < t.n_panels) block<kTwoRows, false>(t, panel, tail_rows);
}

QUERN_AMX void tile_bf16(const Tile& t) {
  TailRows tail_rows;
  if (const int left = t.n_steps % kAmxSteps; left > 0) {
    const auto* last = static_cast<const std::uint32_t*>(t.a) + (t.n_steps - left);
    std::memset(tail_rows.bytes, 0, sizeof(tail_rows.bytes));
    for (int r = 0; r < t.n_rows; ++r) {
      std::memcpy(tail_rows.bytes + r * kAmxRowBytes, last + r * t.a_stride,
                  static_cast<std::size_t>(left) * 4);
    }
  }
  _tile_loadconfig(&amx_config(t.n_rows));
  if (t.n_rows > kAmxRows) {
    panels<true>(t, tail_rows);
  } else {
    panels<false>(t, tail_rows);
  }
  _tile_release();
}

}  // namespace

const Table& amx_table() {
  static const Table table = [] {
    Table out = avx512_bf16_table();
    out.isa = "amx";
    out.rows_per_pass = 192;
    out.tile_bf16 = {tile_bf16, kAmxTileRows, 2, true};
    out.int8 = &int8_amx;
    return out;
  }();
  return table;
}

}  // namespace quern::kernels
