// The products with block formats with AVX512-VNNI. Up to eight rows meet the codes as they are
// unpacked in registers; more rows meet two panels that were unpacked into the first-level cache,
// 768 inputs at a time. Both add in the order of block_isa.h.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

#include <immintrin.h>

#include "kernels/block/block_isa.h"

#define QUERN_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#define QUERN_INLINE QUERN_TARGET __attribute__((always_inline)) inline

namespace quern::kernels {
namespace {

constexpr int kTileSums = 12;  // Rows times panels of a tile: as many integer sums, and f32 ones.
constexpr int kFewRows = 8;
constexpr int kChunkBlocks = 24;  // Unpacked at once for many rows.

QUERN_INLINE __m512i load_line(const std::byte* p) { return _mm512_load_si512(p); }

#include "kernels/block/block_unpack_avx512.inc"

// Sums.

/// Rows of a tile: pointers to rows 0, 4 and 8; the others are reached by adding up to three times
/// the distance between rows, so that all addresses fit into registers.
template <int R>
struct Rows {
  static constexpr int kN = (R + 3) / 4;
  const std::byte* at[kN];
  std::ptrdiff_t step;
  std::ptrdiff_t step3;

  QUERN_INLINE Rows(const RowBlock* rows, std::ptrdiff_t bytes) : step(bytes), step3(3 * bytes) {
    for (int i = 0; i < kN; ++i) {
      at[i] = reinterpret_cast<const std::byte*>(rows) + i * 4 * bytes;
    }
  }
  QUERN_INLINE void next_block() {
    for (const std::byte*& p : at) p += sizeof(RowBlock);
  }
};

// One instruction with an operand from row kR, kAt bytes into its block. Written out,
// because g++ 12 keeps copies of more than 16 accumulators that pass through intrinsics in memory,
// and one register for each row and offset.
#define QUERN_ROW(before, after, kR, kAt, out, ...)                                             \
  if constexpr (kR % 4 == 0) {                                                                  \
    __asm__(before "%c[at](%[base])" after                                                      \
            : out                                                                               \
            : __VA_ARGS__, [base] "r"(rows.at[kR / 4]), [at] "i"(kAt));                         \
  } else if constexpr (kR % 4 == 1) {                                                           \
    __asm__(before "%c[at](%[base],%[step])" after                                              \
            : out                                                                               \
            : __VA_ARGS__, [base] "r"(rows.at[kR / 4]), [step] "r"(rows.step), [at] "i"(kAt));  \
  } else if constexpr (kR % 4 == 2) {                                                           \
    __asm__(before "%c[at](%[base],%[step],2)" after                                            \
            : out                                                                               \
            : __VA_ARGS__, [base] "r"(rows.at[kR / 4]), [step] "r"(rows.step), [at] "i"(kAt));  \
  } else {                                                                                      \
    __asm__(before "%c[at](%[base],%[step])" after                                              \
            : out                                                                               \
            : __VA_ARGS__, [base] "r"(rows.at[kR / 4]), [step] "r"(rows.step3), [at] "i"(kAt)); \
  }

/// Where the exact sum of a block or half starts: less the offset times the row's codes.
template <BlockShape S, int kHalf, int R, int N>
QUERN_INLINE __m512i start_sum(const Rows<N>& rows) {
  __m512i sum = _mm512_setzero_si512();
  if constexpr (!has_minima(S.kind)) {
    constexpr int kAt = has_halves(S.kind) ? offsetof(RowBlock, minus_halves) + 4 * kHalf
                                           : offsetof(RowBlock, minus_sum);
    constexpr int kShift = std::countr_zero(static_cast<unsigned>(S.offset));
    static_assert(1 << kShift == S.offset);
    QUERN_ROW("vpslld %[shift], ", "%{1to16%}, %[sum]", R,
              kAt, [sum] "=v"(sum), [shift] "i"(kShift))
  }
  return sum;
}

template <int kLine, int R, int N>
QUERN_INLINE void dot4(__m512i& sum, __m512i w, const Rows<N>& rows) {
  QUERN_ROW("vpdpbusd ", "%{1to16%}, %[w], %[sum]", R, 4 * kLine, [sum] "+v"(sum), [w] "v"(w))
}

/// c = fma(f32(sum), w_scale * row scale, c)
template <int R, int N>
QUERN_INLINE void add_scaled(__m512& c, __m512i sum, __m512 w_scale, const Rows<N>& rows) {
  __m512 real, scale;
  __asm__("vcvtdq2ps %1, %0" : "=v"(real) : "v"(sum));
  QUERN_ROW("vmulps ", "%{1to16%}, %[w], %[out]", R,
            offsetof(RowBlock, scale), [out] "=v"(scale), [w] "v"(w_scale))
  __asm__("vfmadd231ps %2, %1, %0" : "+v"(c) : "v"(real), "v"(scale));
}

/// c = fma(min, the row's scaled sum, c); kSum is that of the block or of a half.
template <int kAt, int R, int N>
QUERN_INLINE void add_min(__m512& c, __m512 min, const Rows<N>& rows) {
  QUERN_ROW("vfmadd231ps ", "%{1to16%}, %[min], %[c]", R, kAt, [c] "+v"(c), [min] "v"(min))
}

template <int... I>
using Seq = std::integer_sequence<int, I...>;
template <int N>
using Upto = std::make_integer_sequence<int, N>;

// Lines [kHalf * 4, ...) of a block that a half, or the whole block, consists of.
template <BlockKind kKind>
constexpr int kLinesOfSum = has_halves(kKind) ? kBlockLines / 2 : kBlockLines;

template <BlockShape S, int R, int N>
QUERN_INLINE void add_minima(__m512& c, const float* scales, const Rows<N>& rows) {
  if constexpr (S.kind == BlockKind::kMin32) {
    add_min<offsetof(RowBlock, scaled_sum), R>(c, _mm512_load_ps(scales + 16), rows);
  }
  if constexpr (S.kind == BlockKind::kMin16) {
    add_min<offsetof(RowBlock, scaled_halves), R>(c, _mm512_load_ps(scales + 32), rows);
    add_min<offsetof(RowBlock, scaled_halves) + 4, R>(c, _mm512_load_ps(scales + 48), rows);
  }
}

// Few rows: the whole block in registers, row after row.

template <BlockShape S, int kHalf, int R, int N, int... I>
QUERN_INLINE void add_half(__m512& c, const __m512i (&w)[kBlockLines], const float* scales,
                           const Rows<N>& rows, Seq<I...>) {
  __m512i sum = start_sum<S, kHalf, R>(rows);
  (dot4<kHalf * 4 + I, R>(sum, w[kHalf * 4 + I], rows), ...);
  add_scaled<R>(c, sum, _mm512_load_ps(scales + 16 * kHalf), rows);
}

template <BlockShape S, int R, int N>
QUERN_INLINE void add_row(__m512& c, const __m512i (&w)[kBlockLines], const float* scales,
                          const Rows<N>& rows) {
  add_half<S, 0, R>(c, w, scales, rows, Upto<kLinesOfSum<S.kind>>());
  if constexpr (has_halves(S.kind)) {
    add_half<S, 1, R>(c, w, scales, rows, Upto<kLinesOfSum<S.kind>>());
  }
  add_minima<S, R>(c, scales, rows);
}

template <BlockShape S, int N, int... R>
QUERN_INLINE void add_rows(__m512 (&c)[N], const std::byte* codes, const float* scales,
                           const Rows<N>& rows, Seq<R...>) {
  __m512i w[kBlockLines];
  unpack<S>(codes, w);
  (add_row<S, R>(c[R], w, scales, rows), ...);
}

// Asks for the memory of a block that comes some time later. Panels lie one after another, so this
// runs ahead through codes, scales and the next panel alike.
template <BlockShape S>
QUERN_INLINE void prefetch_ahead(const std::byte* panel, int block) {
  constexpr int kAhead = 16384;
  constexpr int kBytes = S.code_bytes() + S.tail_bytes * kBlockInputs / S.group_inputs;
  const std::byte* at = panel + kAhead + std::ptrdiff_t{block} * kBytes;
  for (int i = 0; i < kBytes; i += kLineBytes) _mm_prefetch(at + i, _MM_HINT_T1);
}

template <BlockShape S, int R>
QUERN_TARGET void few_rows(const BlockPanels& p) {
  constexpr int kGroupBlocks = S.group_inputs / kBlockInputs;
  constexpr int kScales = scale_lines(S.kind);
  alignas(64) float scales[kGroupBlocks * kScales * 16];
  __m512 c[R];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) c[r] = _mm512_setzero_ps();
  Rows<R> rows(p.rows, p.row_bytes);
  const std::byte* codes = p.panel;
  const std::byte* tail = p.tail();
  for (int block = 0; block < p.n_blocks; block += kGroupBlocks, tail += S.tail_bytes) {
    unpack_scales<S>(tail, scales);
#pragma GCC unroll 1
    for (int b = 0; b < kGroupBlocks; ++b, codes += S.code_bytes(), rows.next_block()) {
      prefetch_ahead<S>(p.panel, block + b);
      add_rows<S>(c, codes, scales + b * kScales * 16, rows, Upto<R>());
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) _mm512_store_ps(p.c + r * p.c_stride, c[r]);
}

// Many rows.

/// One unpacked block: codes, then scale_lines of scales.
constexpr int unpacked_bytes(BlockKind kind) {
  return (kBlockLines + scale_lines(kind)) * kLineBytes;
}

/// Unpacks blocks [first, first + n) of a panel.
template <BlockShape S>
QUERN_TARGET void unpack_chunk(const BlockPanels& p, int first, int n, std::byte* out) {
  constexpr int kGroupBlocks = S.group_inputs / kBlockInputs;
  constexpr int kScales = scale_lines(S.kind);
  alignas(64) float scales[kGroupBlocks * kScales * 16];
  const std::byte* codes = p.panel + std::ptrdiff_t{first} * S.code_bytes();
  const std::byte* tail = p.tail() + std::ptrdiff_t{first} / kGroupBlocks * S.tail_bytes;
  for (int block = 0; block < n; block += kGroupBlocks, tail += S.tail_bytes) {
    unpack_scales<S>(tail, scales);
#pragma GCC unroll 1
    for (int b = 0; b < kGroupBlocks; ++b, codes += S.code_bytes()) {
      __m512i w[kBlockLines];
      unpack<S>(codes, w);
#pragma GCC unroll 8
      for (int s = 0; s < kBlockLines; ++s) _mm512_store_si512(out + s * kLineBytes, w[s]);
      __builtin_memcpy(out + kBlockLines * kLineBytes, scales + b * kScales * 16,
                       kScales * kLineBytes);
      out += unpacked_bytes(S.kind);
    }
  }
}

struct UnpackedTile {
  const std::byte* blocks;     // Of the first panel.
  std::ptrdiff_t panel_bytes;  // From there to those of the second.
  int n_blocks;
  const RowBlock* rows;
  std::ptrdiff_t row_bytes;
  std::ptrdiff_t ahead;  // Bytes to the rows of the next tile, which are asked for.
  float* c;
  std::ptrdiff_t c_stride;
};

// A tile is R rows by V panels, row r and panel v at [r * V + v]. Two panels share each number that
// is broadcast: with one panel, loads are what limits the speed.

template <int V, int kLine, int R, int N>
QUERN_INLINE void dot_row(__m512i* sums, const __m512i (&w)[V], const Rows<N>& rows) {
  if constexpr (V == 1) {
    dot4<kLine, R>(sums[R], w[0], rows);
  } else {
    __m512i a;
    QUERN_ROW("vpbroadcastd ", ", %[a]", R, 4 * kLine, [a] "=v"(a), "m"(*rows.at[0]))
    __asm__("vpdpbusd %1, %2, %0" : "+v"(sums[R * V]) : "v"(a), "v"(w[0]));
    __asm__("vpdpbusd %1, %2, %0" : "+v"(sums[R * V + 1]) : "v"(a), "v"(w[1]));
  }
}

template <int V, int kLine, int N, int... R>
QUERN_INLINE void dot_line(__m512i* sums, const std::byte* block, std::ptrdiff_t panel_bytes,
                           const Rows<N>& rows, Seq<R...>) {
  __m512i w[V];
  w[0] = load_line(block + kLine * kLineBytes);
  if constexpr (V > 1) w[1] = load_line(block + panel_bytes + kLine * kLineBytes);
  (dot_row<V, kLine, R>(sums, w, rows), ...);
}

template <BlockShape S, int V, int kHalf, int R, int N>
QUERN_INLINE void start_row(__m512i* sums, const Rows<N>& rows) {
  sums[R * V] = start_sum<S, kHalf, R>(rows);
  if constexpr (V > 1) sums[R * V + 1] = sums[R * V];
}

template <BlockShape S, int V, int kHalf, int N, int... R, int... I>
QUERN_INLINE void tile_half(__m512* c, const std::byte* block, std::ptrdiff_t panel_bytes,
                            const Rows<N>& rows, Seq<R...> all, Seq<I...>) {
  __m512i sums[N * V];
  (start_row<S, V, kHalf, R>(sums, rows), ...);
  (dot_line<V, kHalf * 4 + I>(sums, block, panel_bytes, rows, all), ...);
  const std::byte* at = block + (kBlockLines + kHalf) * kLineBytes;
  const __m512 scale = _mm512_load_ps(at);
  (add_scaled<R>(c[R * V], sums[R * V], scale, rows), ...);
  if constexpr (V > 1) {
    const __m512 scale1 = _mm512_load_ps(at + panel_bytes);
    (add_scaled<R>(c[R * V + 1], sums[R * V + 1], scale1, rows), ...);
  }
}

template <BlockShape S, int V, int N, int... R>
QUERN_INLINE void tile_block(__m512* c, const std::byte* block, std::ptrdiff_t panel_bytes,
                             const Rows<N>& rows, Seq<R...> all) {
  tile_half<S, V, 0>(c, block, panel_bytes, rows, all, Upto<kLinesOfSum<S.kind>>());
  if constexpr (has_halves(S.kind)) {
    tile_half<S, V, 1>(c, block, panel_bytes, rows, all, Upto<kLinesOfSum<S.kind>>());
  }
  const auto* scales = reinterpret_cast<const float*>(block + kBlockLines * kLineBytes);
  (add_minima<S, R>(c[R * V], scales, rows), ...);
  if constexpr (V > 1) {
    (add_minima<S, R>(c[R * V + 1], scales + panel_bytes / 4, rows), ...);
  }
}

/// S stands for all formats of its kind and offset.
template <BlockShape S, int V, int R>
QUERN_TARGET void tile(const UnpackedTile& tile) {
  const UnpackedTile t = tile;
  __m512 c[R * V];
#pragma GCC unroll 12
  for (int i = 0; i < R * V; ++i) {
    c[i] = _mm512_load_ps(t.c + i / V * t.c_stride + i % V * kPanelWidth);
  }
  Rows<R> rows(t.rows, t.row_bytes);
  const std::byte* block = t.blocks;
  const std::byte* end = block + std::ptrdiff_t{t.n_blocks} * unpacked_bytes(S.kind);
  for (; block != end; block += unpacked_bytes(S.kind), rows.next_block()) {
    const std::byte* next = rows.at[0] + t.ahead;
    for (int r = 0; r < R; ++r) _mm_prefetch(next + r * rows.step, _MM_HINT_T0);
    tile_block<S, V>(c, block, t.panel_bytes, rows, Upto<R>());
  }
#pragma GCC unroll 12
  for (int i = 0; i < R * V; ++i) {
    _mm512_store_ps(t.c + i / V * t.c_stride + i % V * kPanelWidth, c[i]);
  }
}

using TileFn = void (*)(const UnpackedTile&);
using PanelsFn = void (*)(const BlockPanels&);

/// The shape that stands for all of a kind and offset.
constexpr BlockShape tile_shape(const BlockShape& s) {
  return {BlockFormat::kF32, s.kind, 8, 0, s.offset, 32, 32, false};
}

template <BlockShape S, int V, int... R>
TileFn tile_for(int n_rows, Seq<R...>) {
  static constexpr TileFn kTiles[] = {tile<S, V, R + 1>...};
  return kTiles[n_rows - 1];
}

// Asks for part `i` of `n` of `n_bytes`.
inline void prefetch_part(const std::byte* p, std::ptrdiff_t n_bytes, int i, int n) {
  const std::ptrdiff_t end = n_bytes * (i + 1) / n;
  for (std::ptrdiff_t at = n_bytes * i / n; at < end; at += kLineBytes) {
    __builtin_prefetch(p + at, 0, 2);
  }
}

template <BlockShape S, int V>
void many_rows(const BlockPanels& p) {
  constexpr int kTileRows = kTileSums / V;
  constexpr int kGroupBlocks = S.group_inputs / kBlockInputs;
  constexpr std::ptrdiff_t kPanelBytes = kChunkBlocks * unpacked_bytes(S.kind);
  alignas(64) std::byte unpacked[V * kPanelBytes];
  for (int r = 0; r < p.n_rows; ++r) std::fill_n(p.c + r * p.c_stride, V * kPanelWidth, 0.0f);
  const int n_tiles = (p.n_rows + kTileRows - 1) / kTileRows;
  // Tiles of nearly equal height: 13 rows are 7 and 6, not 12 and 1.
  const auto start = [&](int i) { return p.n_rows * i / n_tiles; };
  const int n_chunks = (p.n_blocks + kChunkBlocks - 1) / kChunkBlocks;
  const auto chunk = [&](int i) { return p.n_blocks / kGroupBlocks * i / n_chunks * kGroupBlocks; };
  for (int i_chunk = 0; i_chunk < n_chunks; ++i_chunk) {
    const int first = chunk(i_chunk);
    const int n = chunk(i_chunk + 1) - first;
    unpack_chunk<S>(p, first, n, unpacked);
    if constexpr (V > 1) unpack_chunk<S>(p.second(), first, n, unpacked + kPanelBytes);
    const std::byte* next = p.panel + std::ptrdiff_t{first + n} * S.code_bytes();
    for (int i = 0; i < n_tiles; ++i) {
      for (int v = 0; v < V; ++v) {
        prefetch_part(next + v * p.panel_bytes(), kChunkBlocks * S.code_bytes(), i, n_tiles);
      }
      const int row = start(i);
      const auto* record = reinterpret_cast<const RowBlock*>(
          reinterpret_cast<const std::byte*>(p.rows) + row * p.row_bytes);
      const UnpackedTile t = {.blocks = unpacked,
                              .panel_bytes = kPanelBytes,
                              .n_blocks = n,
                              .rows = record + first,
                              .row_bytes = p.row_bytes,
                              .ahead = (start(i + 1) - row) * p.row_bytes,
                              .c = p.c + row * p.c_stride,
                              .c_stride = p.c_stride};
      tile_for<tile_shape(S), V>(start(i + 1) - row, Upto<kTileRows>())(t);
    }
  }
}

template <BlockShape S, int... R>
void panels_of(const BlockPanels& p, Seq<R...>) {
  static constexpr PanelsFn kFew[] = {few_rows<S, R + 1>...};
  if (p.n_rows > kFewRows) return p.n_panels > 1 ? many_rows<S, 2>(p) : many_rows<S, 1>(p);
  if (p.n_rows == 0) return;
  kFew[p.n_rows - 1](p);
  if (p.n_panels > 1) kFew[p.n_rows - 1](p.second());
}

template <int... I>
void panels_by_shape(const BlockPanels& p, Seq<I...>) {
  ((p.shape == kBlockShapes + I ? panels_of<kBlockShapes[I]>(p, Upto<kFewRows>()) : void()), ...);
}

void panels(const BlockPanels& p) { panels_by_shape(p, Upto<kNBlockShapes>()); }

}  // namespace

constinit const BlockIsa block_avx512_vnni = {
    .isa = "avx512_vnni", .quantise = block_quantise_avx512, .panels = panels};

}  // namespace quern::kernels
