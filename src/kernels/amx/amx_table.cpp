// The bf16 tile with matrix registers; all else is the AVX512-BF16 table's.
//
// A product of registers sums even and odd inputs apart, 16 steps of each, and adds both to the
// result: so bits depend on where the steps are cut, which is at multiples of 16. Subnormal
// numbers count as zero.

#include <cstring>

#include "kernels/amx/amx_block.h"
#include "kernels/int8/int8_isa.h"
#include "kernels/table.h"

namespace quern::kernels {
namespace {

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
    amx_clear<kTwoRows, kTwoPanels>();
  }
  const auto* a = static_cast<const std::byte*>(t.a);
  const auto* b = static_cast<const std::byte*>(t.b) + panel * t.b_stride * 4;
  const auto step = [&](int first) {
    const std::byte* rows = a + std::ptrdiff_t{first} * 4;
    const std::byte* lines = b + std::ptrdiff_t{first} * kAmxRowBytes;
    return AmxStep{.a = {rows, rows + kAmxRows * t.a_stride * 4},
                   .a_stride = t.a_stride * 4,
                   .b = {lines, lines + t.b_stride * 4}};
  };
  const int left = t.n_steps % kAmxSteps;
  const int n_whole = t.n_steps - left;
  for (int first = 0; first < n_whole; first += kAmxSteps) {
    amx_multiply<AmxBf16, kTwoRows, kTwoPanels>(step(first));
  }
  if (left > 0) {
    const AmxStep last = step(n_whole);
    alignas(64) std::byte lines[2][kAmxRows * kAmxRowBytes] = {};
    for (int i = 0; i < (kTwoPanels ? 2 : 1); ++i) {
      std::memcpy(lines[i], last.b[i], static_cast<std::size_t>(left) * kAmxRowBytes);
    }
    amx_multiply<AmxBf16, kTwoRows, kTwoPanels>(
        {.a = {tail_rows.bytes, tail_rows.bytes + kAmxRows * kAmxRowBytes},
         .a_stride = kAmxRowBytes,
         .b = {lines[0], lines[1]}});
  }
  amx_store<kTwoRows, kTwoPanels>(c, t.c_stride);
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
