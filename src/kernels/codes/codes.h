// Exact integer products of vectors stored as 8-bit codes with queries of 8-bit codes.
//
// A row is stored as u8, code + 128, since the processors' dot products take one unsigned and one
// signed factor; what its padding holds, 128, stands for zero. codes_test.cpp holds every
// instruction set against the plain one, codes_plain.cpp: sums of integers leave no room to differ.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace quern::kernels {

/// Rows and queries are padded to a multiple of this many codes, a cache line.
inline constexpr int kCodeLine = 64;

/// Most codes of a row: their sum of products still fits into 32 bits.
inline constexpr int kMaxCodes = 65536;

/// Most queries that share a pass over the rows.
inline constexpr int kMaxCodeQueries = 8;

/// d, padded.
constexpr int padded_codes(int d) { return (d + kCodeLine - 1) / kCodeLine * kCodeLine; }

/// Some rows of a table of codes, and queries. Everything is borrowed.
struct CodeDots {
  const std::uint8_t* rows = nullptr;    // [*, d], code + 128; best at a multiple of 64
  const std::uint32_t* ids = nullptr;    // [n_rows] which rows; null: the first n_rows, in order
  int n_rows = 0;                        // May be 0.
  int d = 0;                             // A multiple of kCodeLine, <= kMaxCodes.
  const std::int8_t* queries = nullptr;  // [n_queries, d], each in [-127, 127]
  int n_queries = 0;                     // 1 to kMaxCodeQueries
  std::int32_t* out = nullptr;           // [n_queries, n_rows], stride out_stride
  std::ptrdiff_t out_stride = 0;

  const std::uint8_t* row(int i) const {
    return rows + (ids ? std::ptrdiff_t{ids[i]} : std::ptrdiff_t{i}) * d;
  }
};

/// out[q, i] = sum over c of (rows[ids[i], c] - 128) * queries[q, c]
///
/// Reads a few kB behind the rows ahead of time, which is no access: nothing need lie there.
/// Errors: none. A d that is no multiple of kCodeLine, or too many queries, is a bug.
void code_dots(const CodeDots& dots);

}  // namespace quern::kernels
