// The eight-bit product with AVX512-VNNI: one instruction multiplies 16 outputs by 4 inputs.

#include <algorithm>
#include <cstring>
#include <utility>

#include <immintrin.h>

#include "kernels/int8/int8.h"
#include "kernels/int8/int8_isa.h"
#include "kernels/weight.h"

#define QUERN_AVX512_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define QUERN_AVX512_VNNI_INLINE QUERN_AVX512_VNNI __attribute__((always_inline)) inline

namespace quern::kernels {
namespace {

constexpr int kTileRows = 12;
constexpr int kLineBytes = 64;
constexpr int kGroupSteps = kInt8Group / kInt8Step;

template <int... I>
using Seq = std::integer_sequence<int, I...>;
template <int N>
using Upto = std::make_integer_sequence<int, N>;

// g++ 12 keeps a copy of each accumulator in memory when more than 16 of them pass through the
// intrinsic, at half the speed.
QUERN_AVX512_VNNI_INLINE void dot4(__m512i& acc, __m512i a, __m512i w) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(a), "v"(w));
}

QUERN_AVX512_VNNI_INLINE __m512i broadcast4(const std::uint8_t* p) {
  std::int32_t four;
  std::memcpy(&four, p, sizeof(four));
  return _mm512_set1_epi32(four);
}

// The accumulators of a tile of R rows by V panels: row r, panel v at [r * V + v]. Indices are
// template arguments throughout, so that all of them are registers.

template <int V, int N, int... I>
QUERN_AVX512_VNNI_INLINE void start_group(__m512i (&acc)[N], const Int8Tile& t, int g, Seq<I...>) {
  const std::byte* sums = t.panels + t.sums_offset() + g * kLineBytes;
  ((acc[I] = _mm512_dpwssd_epi32(_mm512_setzero_si512(),
                                 _mm512_set1_epi32(offset(t.zeros, (I / V) * t.row_bytes)[g]),
                                 _mm512_load_si512(sums + (I % V) * t.panel_bytes()))),
   ...);
}

template <int V, int R, int N, int... I>
QUERN_AVX512_VNNI_INLINE void step_row(__m512i (&acc)[N], const __m512i (&w)[V],
                                       const std::uint8_t* row, Seq<I...>) {
  const __m512i a = broadcast4(row);
  (dot4(acc[R * V + I], a, w[I]), ...);
}

template <int V, int... I>
QUERN_AVX512_VNNI_INLINE void load_lines(__m512i (&w)[V], const std::byte* codes,
                                         std::ptrdiff_t panel_bytes, Seq<I...>) {
  ((w[I] = _mm512_load_si512(codes + I * panel_bytes)), ...);
}

// Rows 0, 4 and 8 of a tile: the others are reached by adding up to three times the distance
// between rows, so that all addresses of the inner loop fit into registers.
struct RowPointers {
  const std::uint8_t* at[kTileRows / 4];
};

template <int V, int N, int... R>
QUERN_AVX512_VNNI_INLINE void step(__m512i (&acc)[N], const std::byte* codes,
                                   std::ptrdiff_t panel_bytes, const RowPointers& rows,
                                   std::ptrdiff_t row_bytes, Seq<R...>) {
  __m512i w[V];
  load_lines<V>(w, codes, panel_bytes, Upto<V>());
  (step_row<V, R>(acc, w, rows.at[R / 4] + R % 4 * row_bytes, Upto<V>()), ...);
}

QUERN_AVX512_VNNI_INLINE void add_scaled(__m512i acc, const std::byte* w_scales, float row_scale,
                                         const float* sum, float* out) {
  const __m512 scale = _mm512_mul_ps(_mm512_load_ps(w_scales), _mm512_set1_ps(row_scale));
  __m512 group_sum;
  __asm__("vcvtdq2ps %1, %0" : "=v"(group_sum) : "v"(acc));  // The intrinsic: as for dot4.
  _mm512_store_ps(out, _mm512_fmadd_ps(group_sum, scale, _mm512_load_ps(sum)));
}

// The sums begin as the bias.
enum class Sums { kBegin, kGoOn };

template <Sums kSums, int V, int N, int... I>
QUERN_AVX512_VNNI_INLINE void finish_group(const __m512i (&acc)[N], const Int8Tile& t, int g,
                                           Seq<I...>) {
  const std::byte* scales = t.panels + t.scales_offset() + g * kLineBytes;
  const auto out = [&](int i) { return t.out + (i / V) * t.out_cols + (i % V) * kPanelWidth; };
  (add_scaled(acc[I], scales + (I % V) * t.panel_bytes(),
              offset(t.row_scales, (I / V) * t.row_bytes)[g],
              kSums == Sums::kBegin ? t.bias + (I % V) * kPanelWidth : out(I), out(I)),
   ...);
}

// The sums across groups live in the first-level cache, which frees their registers.
template <int R, int V>
QUERN_AVX512_VNNI void block(const Int8Tile& tile) {
  constexpr auto kAll = Upto<R * V>();
  const Int8Tile t = tile;
  const std::ptrdiff_t panel_bytes = t.panel_bytes();
  for (int g = 0; g < t.n_groups; ++g) {
    __m512i acc[R * V];
    start_group<V>(acc, t, g, kAll);
    const int first = g * kGroupSteps;
    const int end = std::min(first + kGroupSteps, t.n_steps);
    const std::byte* codes = t.panels + std::ptrdiff_t{first} * kLineBytes;
    RowPointers rows;
    for (int i = 0; i < kTileRows / 4; ++i) {
      rows.at[i] = t.rows + first * kInt8Step + i * 4 * t.row_bytes;
      __asm__("" : "+r"(rows.at[i]));  // Keeps g++ from going back to twelve distances.
    }
    for (int i = first; i < end; ++i, codes += kLineBytes) {
      step<V>(acc, codes, panel_bytes, rows, t.row_bytes, Upto<R>());
      for (const std::uint8_t*& row : rows.at) row += kInt8Step;
    }
    if (g == 0) {
      finish_group<Sums::kBegin, V>(acc, t, g, kAll);
    } else {
      finish_group<Sums::kGoOn, V>(acc, t, g, kAll);
    }
  }
}

using BlockFn = void (*)(const Int8Tile&);

template <int V, int... R>
constexpr BlockFn block_for(int n_rows, Seq<R...>) {
  BlockFn found = nullptr;
  ((R + 1 == n_rows ? void(found = block<R + 1, V>) : void()), ...);
  return found;
}

// Panels taken at once by a tile of so many rows: 24 accumulators at most, and at least 4, for an
// accumulator is ready again after 4 instructions.
constexpr int panels_at_once(int n_rows) { return n_rows <= 6 ? 4 : 2; }

struct Blocks {
  BlockFn wide[kTileRows];  // panels_at_once(rows) panels
  BlockFn one[kTileRows];   // one panel
};

constexpr Blocks kBlocks = [] {
  Blocks blocks{};
  for (int r = 0; r < kTileRows; ++r) {
    blocks.wide[r] =
        r < 6 ? block_for<4>(r + 1, Upto<6>()) : block_for<2>(r + 1, Upto<kTileRows>());
    blocks.one[r] = block_for<1>(r + 1, Upto<kTileRows>());
  }
  return blocks;
}();

void tile(const Int8Tile& whole) {
  const int at_once = panels_at_once(whole.n_rows);
  Int8Tile t = whole;
  while (t.n_panels > 0) {
    const bool wide = t.n_panels >= at_once;
    (wide ? kBlocks.wide : kBlocks.one)[t.n_rows - 1](t);
    const std::ptrdiff_t n = wide ? at_once : 1;
    t.panels += n * t.panel_bytes();
    t.bias += n * kPanelWidth;
    t.out += n * kPanelWidth;
    t.n_panels -= static_cast<int>(n);
  }
}

constexpr int kGroupLines = kInt8Group / 16;

// The first n of 16 lanes.
QUERN_AVX512_VNNI_INLINE __mmask16 first_lanes(int n) {
  return static_cast<__mmask16>(n >= 16 ? 0xffff : n <= 0 ? 0 : (1 << n) - 1);
}

// Whole groups go without masks: Zen 4 takes many cycles for a masked store.
template <bool kWhole>
QUERN_AVX512_VNNI_INLINE __m512 load_line(const Int8Quantise& q, const float* x, int i, int n) {
  const __mmask16 mask = kWhole ? 0xffff : first_lanes(n - i * 16);
  const __m512 v = kWhole ? _mm512_loadu_ps(x + i * 16) : _mm512_maskz_loadu_ps(mask, x + i * 16);
  if (q.factors == nullptr) return v;
  const float* factors = q.factors + i * 16;
  return _mm512_mul_ps(v, kWhole ? _mm512_loadu_ps(factors) : _mm512_maskz_loadu_ps(mask, factors));
}

template <bool kWhole>
QUERN_AVX512_VNNI_INLINE void store_codes(std::uint8_t* codes, __m128i line, int i, int n) {
  if (kWhole) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(codes + i * 16), line);
  } else {
    const int n_stored = (n + kInt8Step - 1) / kInt8Step * kInt8Step;
    _mm_mask_storeu_epi8(codes + i * 16, first_lanes(n_stored - i * 16),
                         _mm_maskz_mov_epi8(first_lanes(n - i * 16), line));
  }
}

// The smallest lane of each.
QUERN_AVX512_VNNI_INLINE __m128 least_lanes(const __m512 (&v)[4]) {
  __m128 m[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const __m256 half =
        _mm256_min_ps(_mm512_castps512_ps256(v[i]),
                      _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v[i]), 1)));
    m[i] = _mm_min_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
  }
  const __m128 a = _mm_min_ps(_mm_unpacklo_ps(m[0], m[1]), _mm_unpackhi_ps(m[0], m[1]));
  const __m128 b = _mm_min_ps(_mm_unpacklo_ps(m[2], m[3]), _mm_unpackhi_ps(m[2], m[3]));
  return _mm_min_ps(_mm_movelh_ps(a, b), _mm_movehl_ps(b, a));
}

// One group of up to four rows: what follows from their ranges takes long, so they share it.
template <bool kWhole>
QUERN_AVX512_VNNI void quantise_group(const Int8Quantise& q, int n) {
  __m512 low[4] = {};
  __m512 minus_high[4] = {};
  const __m512 sign = _mm512_set1_ps(-0.0f);
  for (int r = 0; r < q.n_rows; ++r) {
    __m512 least = _mm512_setzero_ps();
    __m512 most = _mm512_setzero_ps();
    for (int i = 0; i < kGroupLines; ++i) {
      const __m512 v = load_line<kWhole>(q, q.x + r * q.x_stride, i, n);
      least = _mm512_min_ps(v, least);
      most = _mm512_max_ps(v, most);
    }
    low[r] = least;
    minus_high[r] =
        _mm512_castsi512_ps(_mm512_xor_si512(_mm512_castps_si512(most), _mm512_castps_si512(sign)));
  }
  const __m128 least = least_lanes(low);
  const __m128 range = _mm_sub_ps(_mm_sub_ps(_mm_setzero_ps(), least_lanes(minus_high)), least);
  const __m128 steps = _mm_set1_ps(255.0f);
  const __mmask8 is_range = _mm_cmp_ps_mask(range, _mm_set1_ps(1e-30f), _CMP_GT_OQ);
  const __m128 inverse = _mm_maskz_div_ps(is_range, steps, range);
  const __m128 minus_least = _mm_sub_ps(_mm_setzero_ps(), least);
  const __m128i zero = _mm_min_epi32(
      _mm_max_epi32(_mm_cvtps_epi32(_mm_mul_ps(minus_least, inverse)), _mm_setzero_si128()),
      _mm_set1_epi32(255));
  alignas(16) float scales[4], inverses[4];
  alignas(16) std::int32_t zeros[4];
  _mm_store_ps(scales, _mm_maskz_div_ps(is_range, range, steps));
  _mm_store_ps(inverses, inverse);
  _mm_store_si128(reinterpret_cast<__m128i*>(zeros), zero);
  for (int r = 0; r < q.n_rows; ++r) {
    const __m512 inverse_v = _mm512_set1_ps(inverses[r]);
    const __m512i zero_v = _mm512_set1_epi32(zeros[r]);
    *offset(q.scales, r * q.row_bytes) = scales[r];
    *offset(q.zeros, r * q.row_bytes) = zeros[r];
    for (int i = 0; i < kGroupLines; ++i) {
      const __m512 v = load_line<kWhole>(q, q.x + r * q.x_stride, i, n);
      const __m512i code =
          _mm512_add_epi32(_mm512_cvtps_epi32(_mm512_mul_ps(v, inverse_v)), zero_v);
      store_codes<kWhole>(q.codes + r * q.row_bytes,
                          _mm512_cvtusepi32_epi8(_mm512_max_epi32(code, _mm512_setzero_si512())), i,
                          n);
    }
  }
}

void quantise(const Int8Quantise& whole) {
  for (int row = 0; row < whole.n_rows; row += 4) {
    Int8Quantise q = whole;
    q.n_rows = std::min(4, whole.n_rows - row);
    q.x += row * q.x_stride;
    q.codes += row * q.row_bytes;
    q.scales = offset(q.scales, row * q.row_bytes);
    q.zeros = offset(q.zeros, row * q.row_bytes);
    for (int left = q.n; left > 0; left -= kInt8Group) {
      if (left >= kInt8Group) {
        quantise_group<true>(q, kInt8Group);
      } else {
        quantise_group<false>(q, left);
      }
      q.x += kInt8Group;
      if (q.factors != nullptr) q.factors += kInt8Group;
      q.codes += kInt8Group;
      ++q.scales;
      ++q.zeros;
    }
  }
}

}  // namespace

constinit const Int8Isa int8_avx512_vnni = {.isa = "avx512_vnni",
                                            .quantise = quantise,
                                            .tile = tile,
                                            .tile_rows = kTileRows,
                                            .pair_limit = kInt8AnyPair};

}  // namespace quern::kernels
