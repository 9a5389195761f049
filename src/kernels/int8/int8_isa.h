// The parts of the eight-bit product that each instruction set writes for itself.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace quern::kernels {

/// Most rows of any tile.
inline constexpr int kInt8MaxTileRows = 32;

/// What lies `bytes` behind `p`: a value of another row, where rows are records of bytes.
template <typename T>
T* offset(T* p, std::ptrdiff_t bytes) {
  using Byte = std::conditional_t<std::is_const_v<T>, const std::byte, std::byte>;
  return reinterpret_cast<T*>(reinterpret_cast<Byte*>(p) + bytes);
}

/// A few rows against neighbouring panels. Everything is borrowed; alignment is 64 bytes for
/// panels, bias and out, 4 for the rows.
struct Int8Tile {
  const std::uint8_t* rows;   // codes of the first row
  const float* row_scales;    // [n_groups] of the first row
  const std::int32_t* zeros;  // [n_groups] of the first row
  std::ptrdiff_t row_bytes;   // from one row to the next, for all three
  int n_rows;                 // 1 to Int8Isa::tile_rows

  const std::byte* panels;  // int8.h says what lies in one.
  int n_panels;
  int n_steps;
  int n_groups;

  const float* bias;        // [n_panels * 16]
  float* out;               // [n_rows, n_panels * 16]
  std::ptrdiff_t out_cols;  // floats from one row of out to the next

  std::ptrdiff_t panel_bytes() const { return (std::ptrdiff_t{n_steps} + 2 * n_groups) * 64; }
  std::ptrdiff_t scales_offset() const { return std::ptrdiff_t{n_steps} * 64; }
  std::ptrdiff_t sums_offset() const { return (std::ptrdiff_t{n_steps} + n_groups) * 64; }
};

/// Rows to be quantised, from the start of a group on. Everything is borrowed.
struct Int8Quantise {
  const float* x;           // [n_rows, n]
  std::ptrdiff_t x_stride;  // floats from one row of x to the next
  const float* factors;     // [n], what values are multiplied by first; or null
  int n;
  int n_rows;
  std::uint8_t* codes;       // of the first row: [n padded to 4 with zeros]
  float* scales;             // [n_groups] of the first row
  std::int32_t* zeros;       // [n_groups] of the first row
  std::ptrdiff_t row_bytes;  // from one row to the next, for all three
};

inline constexpr int kInt8AnyPair = 2 * 127;

struct Int8Isa {
  const char* isa;
  void (*quantise)(const Int8Quantise& q);
  void (*tile)(const Int8Tile& tile);
  int tile_rows;  // Most rows of a tile: <= kInt8MaxTileRows.

  /// How far the codes of two neighbouring weights (inputs 2 i and 2 i + 1) of one sign may go
  /// together in panels that `tile` multiplies exactly: kInt8AnyPair, or less where it adds their
  /// products in 16 bits.
  int pair_limit;
};

extern const Int8Isa int8_plain;
extern const Int8Isa int8_avx2;
extern const Int8Isa int8_avx2_vnni;
extern const Int8Isa int8_avx512_vnni;
extern const Int8Isa int8_amx;

/// Every version this CPU can run, plain first, best last.
std::span<const Int8Isa* const> int8_runnable();

/// The version the products use: that of the active table. Tests and benchmarks may set another;
/// not while a product runs.
const Int8Isa& int8_active();
void int8_set_active(const Int8Isa& isa);

}  // namespace quern::kernels
