// The parts of the products with block formats that each instruction set writes for itself. The
// plain version is the meaning: every other gives its bits.

#pragma once

#include <cstddef>
#include <span>

#include "kernels/block/block_layout.h"
#include "kernels/block/block_rows.h"
#include "kernels/weight.h"

namespace quern::kernels {

/// Rows against one or two neighbouring panels: c[r, o] = the sum over blocks of 32 inputs,
/// ascending, of
///
///   c = fma(f32(sum of code * row code, less offset * sum of row codes), scale * row scale, c)
///   c = fma(min, row scale * sum of row codes, c)
///
/// from c = 0. The sums are exact integers. Where weights have a scale per 16 inputs, the first
/// line stands once for each half, then the second. Formats without minima have no second line.
struct BlockPanels {
  const BlockShape* shape;
  const std::byte* panel;  // 64-byte aligned
  int n_panels;            // 1 or 2
  int n_blocks;            // Of 32 inputs.

  const RowBlock* rows;
  std::ptrdiff_t row_bytes;  // From one record to the next.
  int n_rows;

  float* c;                 // [n_rows, 16 * n_panels], 64-byte aligned
  std::ptrdiff_t c_stride;  // A multiple of 16.

  /// The scales of the first panel.
  const std::byte* tail() const { return panel + std::ptrdiff_t{n_blocks} * shape->code_bytes(); }
  /// The second panel alone.
  BlockPanels second() const;
  std::ptrdiff_t panel_bytes() const;
};

struct BlockIsa {
  const char* isa;
  void (*quantise)(const float* x, int n_blocks, RowBlock* out);
  void (*panels)(const BlockPanels& panels);
};

extern const BlockIsa block_plain;
extern const BlockIsa block_avx2;
extern const BlockIsa block_avx2_vnni;
extern const BlockIsa block_avx512_vnni;

/// BlockIsa::quantise with AVX512-VNNI (block_rows_avx512.cpp).
void block_quantise_avx512(const float* x, int n_blocks, RowBlock* out);

/// Every version this CPU can run, plain first, best last.
std::span<const BlockIsa* const> block_runnable();

/// The version the products use: that of the active table. Tests and benchmarks may set another;
/// not while a product runs.
const BlockIsa& block_active();
void block_set_active(const BlockIsa& isa);

}  // namespace quern::kernels
