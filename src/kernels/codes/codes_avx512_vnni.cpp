// Products of codes with AVX512-VNNI: a cache line of codes by one instruction.

#include <algorithm>
#include <cstring>
#include <utility>

#include <immintrin.h>

#include "kernels/codes/codes_isa.h"

#define QUERN_CODES_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

namespace quern::kernels {
namespace {

using Vector = __m512i;
constexpr int kBlock = 16;

template <int... I>
using Seq = std::integer_sequence<int, I...>;
template <int N>
using Upto = std::make_integer_sequence<int, N>;

// g++ 12 keeps a copy of each accumulator in memory when many of them pass through the intrinsic.
QUERN_CODES_TARGET inline void dot4(__m512i& acc, __m512i row, __m512i query) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(acc) : "v"(row), "v"(query));
}

// Minus 128 times the query's codes: what the rows' offset adds too much.
QUERN_CODES_TARGET inline __m512i start(const std::int8_t* query, int d) {
  __m512i sum = _mm512_setzero_si512();
  for (int c = 0; c < d; c += kCodeLine) {
    dot4(sum, _mm512_set1_epi8(-128), _mm512_loadu_si512(query + c));
  }
  return _mm512_sub_epi32(_mm512_setzero_si512(), sum);
}

/// Lanes [a0 + a2, b0 + b2, a1 + a3, b1 + b3] of each 128 bits.
QUERN_CODES_TARGET inline __m512i add_pairs_32(__m512i a, __m512i b) {
  return _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
}

QUERN_CODES_TARGET inline __m512i add_pairs_64(__m512i a, __m512i b) {
  return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

/// The sums of neighbouring 128 bits: two of a, then two of b.
QUERN_CODES_TARGET inline __m512i add_pairs_128(__m512i a, __m512i b) {
  return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xdd));
}

/// Per 128 bits, the four sums of four vectors from a[I] on.
template <int I>
QUERN_CODES_TARGET inline __m512i sums_of_4(const __m512i (&a)[kBlock]) {
  return add_pairs_64(add_pairs_32(a[I], a[I + 1]), add_pairs_32(a[I + 2], a[I + 3]));
}

/// The sums of the lanes of sixteen vectors.
QUERN_CODES_TARGET inline __m512i sums_of(const __m512i (&a)[kBlock]) {
  return add_pairs_128(add_pairs_128(sums_of_4<0>(a), sums_of_4<4>(a)),
                       add_pairs_128(sums_of_4<8>(a), sums_of_4<12>(a)));
}

template <int R, int Q, int... I>
QUERN_CODES_TARGET inline void start_all(Vector (&acc)[kBlock], const Vector (&starts)[Q],
                                         Seq<I...>) {
  ((acc[I] = starts[I / R]), ...);
}

template <int R, int Q, int... I>
QUERN_CODES_TARGET inline void step_all(__m512i (&acc)[kBlock], const __m512i (&row)[R],
                                        const __m512i (&query)[Q], Seq<I...>) {
  (dot4(acc[I], row[I % R], query[I / R]), ...);
}

// With one query each row is loaded when its turn comes: all at once, sixteen of them, sixteen
// accumulators and the query are one register too many.
template <int... I>
QUERN_CODES_TARGET inline void step_one(__m512i (&acc)[kBlock],
                                        const std::uint8_t* const (&rows)[kBlock], int c,
                                        __m512i query, Seq<I...>) {
  (dot4(acc[I], _mm512_loadu_si512(rows[I] + c), query), ...);
}

template <int R, int Q>
QUERN_CODES_TARGET void block(const std::uint8_t* const (&rows)[R], const std::int8_t* queries,
                              const Vector (&starts)[Q], int d, std::int32_t (&out)[kBlock]) {
  Vector acc[kBlock];
  start_all<R, Q>(acc, starts, Upto<kBlock>());
  for (int c = 0; c < d; c += kCodeLine) {
    if constexpr (Q == 1) {
      step_one(acc, rows, c, _mm512_loadu_si512(queries + c), Upto<kBlock>());
      continue;
    }
    Vector row[R];
    Vector query[Q];
    for (int r = 0; r < R; ++r) row[r] = _mm512_loadu_si512(rows[r] + c);
    for (int q = 0; q < Q; ++q) {
      query[q] = _mm512_loadu_si512(queries + std::ptrdiff_t{q} * d + c);
    }
    step_all<R, Q>(acc, row, query, Upto<kBlock>());
  }
  _mm512_storeu_si512(out, sums_of(acc));
}

#include "kernels/codes/codes_sweep.inc"

}  // namespace

constinit const CodesIsa codes_avx512_vnni = {.isa = "avx512_vnni", .dots = dots};

}  // namespace quern::kernels
