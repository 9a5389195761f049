// A weight matrix [n_out, n_in] packed for the matmul kernels, and the precisions it comes in.
//
// One layout for every instruction set: panels of 16 outputs; within a panel the inputs ascend, so
// that the 16 outputs of one step fill one 64-byte line. Output counts are padded to 16 with
// zeros, inputs to a whole step.
//   f32   [n_panels][n_in][16]
//   bf16  [n_panels][n_in / 2][16][2]
//   int8  [n_panels] of [n_in / 4][16][4], then scales and sums per group of inputs: see int8.h

#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/status.h"

namespace quern::kernels {

enum class Precision { kF32, kBf16, kInt8 };

const char* precision_name(Precision precision);  // "f32", "bf16", "int8"
Result<Precision> parse_precision(std::string_view name);

inline constexpr int kPanelWidth = 16;

/// Borrowed: the bytes lie in a model's storage or in a mapped file.
struct Weight {
  Precision precision = Precision::kF32;
  int n_out = 0;
  int n_in = 0;
  const std::byte* packed = nullptr;  // 64-byte aligned.

  int n_panels() const { return (n_out + kPanelWidth - 1) / kPanelWidth; }
  int n_steps() const;  // 32-bit steps of the inputs: see Tile.
};

/// Bytes of a packed [n_out, n_in] matrix.
std::size_t packed_bytes(Precision precision, int n_out, int n_in);

/// Bytes of one panel.
std::size_t panel_bytes(Precision precision, int n_in);

/// Packs one panel of weights: up to 16 consecutive outputs.
///
/// Shapes: rows [n_rows, n_in] row-major, n_rows <= 16; panel of panel_bytes(...) bytes.
void pack_panel(Precision precision, const float* rows, int n_rows, int n_in,
                std::span<std::byte> panel);

/// Packs a whole row-major f32 matrix.
///
/// Shapes: source [n_out, n_in]; packed of packed_bytes(...) bytes, 64-byte aligned.
Weight pack_weight(Precision precision, const float* source, int n_out, int n_in,
                   std::span<std::byte> packed);

}  // namespace quern::kernels
