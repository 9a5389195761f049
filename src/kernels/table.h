// One table of kernels per instruction set, and the choice between them.
//
// Every table is complete: a faster one fills its gaps from the one below, and the plain one is
// the meaning of each kernel. kernels_test.cpp holds each table against the plain one.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "tensor/layer_kinds.h"

namespace quern::kernels {

/// A few rows times a few panels of 16 outputs.
///
/// c[r, 16 p + o] (+)= sum over steps s, ascending, of dot(a[r, s], b[p, s, o]), each output in one
/// accumulator: its bits depend on neither n_rows nor n_panels. A step is 32 bits of each operand:
/// one f32, or two bf16. Of f32 the bits do not depend either on how the steps are cut into
/// accumulating pieces; of bf16 they do not if all but the last have a multiple of 16 steps.
struct Tile {
  const void* a = nullptr;      // [n_rows, n_steps] of 32 bits
  std::ptrdiff_t a_stride = 0;  // from row to row, in 32-bit units
  const void* b = nullptr;      // [n_panels][n_steps][16] of 32 bits, 64-byte aligned
  std::ptrdiff_t b_stride = 0;  // from panel to panel, in 32-bit units
  int n_steps = 0;
  float* c = nullptr;  // [n_rows, 16 * n_panels]
  std::ptrdiff_t c_stride = 0;
  int n_rows = 0;  // <= TileKernel::rows
  int n_panels = 0;
  bool accumulate = false;  // Start from what c holds rather than from zero.
};

/// Most rows of any tile.
inline constexpr int kMaxTileRows = 32;

/// What multiplies a tile, and the shape in which it does so best.
struct TileKernel {
  void (*run)(const Tile& tile) = nullptr;
  int rows = 0;             // Most rows of one tile: <= kMaxTileRows.
  int panels = 1;           // Panels that a full tile of rows takes at once.
  bool outruns_l2 = false;  // So fast that its rows must come from the first-level cache.

  void operator()(const Tile& tile) const { run(tile); }
};

/// The last touch on one row of a matmul's result, [n] wide:
/// out = activation(c + bias) + residual, as f32, bf16 or both.
struct Finish {
  const float* c = nullptr;
  const float* bias = nullptr;      // or null
  const float* residual = nullptr;  // or null
  Activation activation = Activation::kNone;
  int n = 0;
  float* out = nullptr;               // or null; may be c or residual
  std::uint16_t* out_bf16 = nullptr;  // or null
  bool rounded = false;  // out will be rounded to 8 bits: an activation within 2e-5 will do.
};

struct Int8Isa;   // int8_isa.h
struct BlockIsa;  // block_isa.h
struct CodesIsa;  // codes_isa.h
struct LaneIsa;   // lanes.h
struct GramIsa;   // gram.h

struct Table {
  const char* isa;    // "plain", "avx2", ...: also the value of QUERN_ISA.
  int rows_per_pass;  // Rows that a pass over weights should serve: fewer would wait for them.
  bool native_bf16;   // tile_bf16 is faster than tile_f32, not only smaller.

  TileKernel tile_f32;
  TileKernel tile_bf16;

  /// a of f32 times b of 16 bits that are widened to f32; a step is one of each, b [n_panels]
  /// [n_steps][16] is 32-byte aligned and b_stride counts in 16 bits. The bits are those of
  /// tile_f32 on the widened weights.
  TileKernel tile_f16;
  TileKernel tile_f32_bf16;

  void (*finish_row)(const Finish& finish);

  /// out = (x - mean) / sqrt(variance + eps) * gamma + beta; out or out_bf16 may be null.
  void (*layer_norm_row)(const float* x, const float* gamma, const float* beta, int d, float eps,
                         float* out, std::uint16_t* out_bf16);

  /// out = x / sqrt(mean of x^2 + eps) * weight; out may be x.
  void (*rms_norm_row)(const float* x, const float* weight, int d, float eps, float* out);

  /// out = activation(gate) * up; out may be either.
  void (*gated_row)(const float* gate, const float* up, int n, Activation activation, float* out);

  /// One block of an online softmax (Milakov and Gimelshein 2018, arXiv 1805.02867):
  /// s[0..n) <- exp(scale * (s - max)), s[n..n_padded) <- 0, with max and sum carried from block to
  /// block in *max_io and *sum_io. Returns the factor by which earlier results must be scaled.
  float (*softmax_row)(float* s, int n, int n_padded, float scale, float* max_io, float* sum_io);

  /// The same with the results rounded to bf16 into out [n_padded]; s is used up. The sum is that
  /// of the values before rounding, each within 1e-5 of itself.
  float (*softmax_row_bf16)(float* s, int n, int n_padded, float scale, float* max_io,
                            float* sum_io, std::uint16_t* out);

  /// out[u * 16 + r] = rows[r * stride + u] for u < n_units, 0 for rows r in [n_rows, 16).
  void (*transpose_16)(const std::uint32_t* rows, std::ptrdiff_t stride, int n_rows, int n_units,
                       std::uint32_t* out);

  void (*scale_row)(float* x, int n, float factor);
  void (*bf16_row)(const float* x, int n, std::uint16_t* out);  // As bf16_from_f32.
  void (*f16_row)(const float* x, int n, std::uint16_t* out);   // To nearest, ties to even.

  const Int8Isa* int8;    // The eight-bit product's kernels.
  const BlockIsa* block;  // Those of the products with block formats.
  const CodesIsa* codes;  // Those of searches among vectors of 8-bit codes.
  const LaneIsa* lanes;   // Of reservoirs: many sequences side by side.
  const GramIsa* gram;    // Of the sums that readouts are fitted from.
};

/// The best table this CPU can run; QUERN_ISA=<name> overrides. Chosen once.
const Table& active();

/// Every table this CPU can run, plain first. For tests and benchmarks.
std::span<const Table* const> runnable();

/// kBadInput if QUERN_ISA names nothing this CPU can run; main() asks before anything else.
Status check_isa_override();

extern const Table plain_table;    // plain.cpp
extern const Table avx2_table;     // avx2.cpp
extern const Table avx512_table;   // avx512.cpp
const Table& avx2_vnni_table();    // avx2_table with the eight-bit dot product
const Table& avx512_vnni_table();  // avx512_table with the eight-bit dot product
const Table& avx512_bf16_table();  // avx512_bf16.cpp: avx512_vnni_table with the bf16 dot product
const Table& amx_table();          // amx/amx_table.cpp: avx512_bf16_table with matrix registers

}  // namespace quern::kernels
