// A 2 x 2 block of matrix registers: 32 rows by two panels, or less. Include only in files that are
// compiled for what QUERN_AMX names; amx_config() comes first.

#pragma once

#include <cstddef>

#include <immintrin.h>

#include "kernels/amx/amx.h"

#define QUERN_AMX \
  __attribute__((target("amx-tile,amx-bf16,amx-int8,avx512f,avx512bw,avx512vl,avx512vnni")))
#define QUERN_AMX_INLINE QUERN_AMX __attribute__((always_inline)) inline

namespace quern::kernels {

/// The four products of a block: the intrinsics take registers as literals only.
struct AmxBf16 {
  QUERN_AMX_INLINE static void upper_left() { _tile_dpbf16ps(0, 4, 6); }
  QUERN_AMX_INLINE static void upper_right() { _tile_dpbf16ps(1, 4, 7); }
  QUERN_AMX_INLINE static void lower_left() { _tile_dpbf16ps(2, 5, 6); }
  QUERN_AMX_INLINE static void lower_right() { _tile_dpbf16ps(3, 5, 7); }
};
struct AmxInt8 {
  QUERN_AMX_INLINE static void upper_left() { _tile_dpbusd(0, 4, 6); }
  QUERN_AMX_INLINE static void upper_right() { _tile_dpbusd(1, 4, 7); }
  QUERN_AMX_INLINE static void lower_left() { _tile_dpbusd(2, 5, 6); }
  QUERN_AMX_INLINE static void lower_right() { _tile_dpbusd(3, 5, 7); }
};

/// A register's width of both operands.
struct AmxStep {
  const void* a[2];         // Rows of the upper and the lower register,
  std::ptrdiff_t a_stride;  // so many bytes from one to the next.
  const void* b[2];         // Lines of two panels.
};

template <bool kTwoRows, bool kTwoPanels>
QUERN_AMX_INLINE void amx_clear() {
  _tile_zero(0);
  if constexpr (kTwoPanels) _tile_zero(1);
  if constexpr (kTwoRows) _tile_zero(2);
  if constexpr (kTwoRows && kTwoPanels) _tile_zero(3);
}

template <typename Product, bool kTwoRows, bool kTwoPanels>
QUERN_AMX_INLINE void amx_multiply(const AmxStep& s) {
  _tile_loadd(4, s.a[0], s.a_stride);
  _tile_loadd(6, s.b[0], kAmxRowBytes);
  Product::upper_left();
  if constexpr (kTwoPanels) {
    _tile_loadd(7, s.b[1], kAmxRowBytes);
    Product::upper_right();
  }
  if constexpr (kTwoRows) {
    _tile_loadd(5, s.a[1], s.a_stride);
    Product::lower_left();
    if constexpr (kTwoPanels) Product::lower_right();
  }
}

/// Results of a block to `c`, `stride` numbers of 32 bits from one row to the next.
template <bool kTwoRows, bool kTwoPanels, typename T>
QUERN_AMX_INLINE void amx_store(T* c, std::ptrdiff_t stride) {
  static_assert(sizeof(T) == 4);
  T* lower = c + kAmxRows * stride;
  _tile_stored(0, c, stride * 4);
  if constexpr (kTwoPanels) _tile_stored(1, c + kAmxSteps, stride * 4);
  if constexpr (kTwoRows) _tile_stored(2, lower, stride * 4);
  if constexpr (kTwoRows && kTwoPanels) _tile_stored(3, lower + kAmxSteps, stride * 4);
}

}  // namespace quern::kernels
