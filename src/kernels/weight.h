// A matrix [n_out, n_in] packed for the product kernels, and the forms it comes in.
//
// One layout for every instruction set: panels of 16 outputs; within a panel the inputs ascend, so
// that the 16 outputs of one step fill one 64-byte line. Output counts are padded to 16 with
// zeros, inputs to a whole step.
//   stored f32        [n_panels][n_in][16]
//   stored f16, bf16  [n_panels][n_in][16] of 16 bits
//   stored blocks     see block/block_weight.h
//   bf16 pairs        [n_panels][n_in / 2][16][2]
//   int8              [n_panels] of [n_in / 4][16][4], then scales and sums per group of inputs:
//   see
//                     int8/int8.h

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "tensor/block_format.h"

namespace quern::kernels {

/// What a whole model may be computed in. kStored: each matrix in the format of its file.
enum class Precision : std::uint8_t { kF32, kBf16, kInt8, kStored };

const char* precision_name(Precision precision);  // "f32", "bf16", "int8", "stored"

/// Errors: kBadInput; "stored" is a fact of a file, not a wish.
Result<Precision> parse_precision(std::string_view name);

/// The form that a product's left side must have.
enum class RowForm : std::uint8_t {
  kF32 = 1,
  kBf16 = 2,
  kInt8 = 4,   // Int8Rows (int8/int8.h)
  kBlocks = 8  // BlockRows (block/block_rows.h)
};

/// How a packed matrix is stored, and by that what its product reads.
struct WeightFormat {
  enum class Kind : std::uint8_t {
    kStored,     // Values or blocks of a file, permuted; f32 rows, or block rows for blocks.
    kBf16Pairs,  // Rounded to bf16, for bf16 rows.
    kInt8        // Groups of 128 inputs, for int8 rows.
  };
  Kind kind = Kind::kStored;
  BlockFormat stored = BlockFormat::kF32;  // Of kStored only.

  bool operator==(const WeightFormat&) const = default;
  RowForm row_form() const;
};

/// The format that a matrix stored as `stored` has in a model of this precision.
WeightFormat weight_format(Precision precision, BlockFormat stored);

inline constexpr int kPanelWidth = 16;

/// Borrowed: the bytes lie in a model's storage or in a mapped file.
struct Weight {
  WeightFormat format;
  int n_out = 0;
  int n_in = 0;
  const std::byte* packed = nullptr;  // 64-byte aligned.

  bool empty() const { return n_out == 0; }
  int n_panels() const { return (n_out + kPanelWidth - 1) / kPanelWidth; }
  std::size_t panel_bytes() const;
  std::size_t n_bytes() const { return static_cast<std::size_t>(n_panels()) * panel_bytes(); }
  const std::byte* panel(int i) const {
    return packed + static_cast<std::size_t>(i) * panel_bytes();
  }
};

/// Bytes of one panel, and of a packed matrix. n_in is a multiple of the format's block.
std::size_t panel_bytes(WeightFormat format, int n_in);
std::size_t weight_bytes(WeightFormat format, int n_out, int n_in);

/// Packs one panel of weights from numbers: up to 16 consecutive outputs, as f32, bf16 pairs or
/// int8.
///
/// Shapes: rows [n_rows, n_in] row-major, n_rows <= 16; panel of panel_bytes(...) bytes.
void pack_panel(WeightFormat format, const float* rows, int n_rows, int n_in,
                std::span<std::byte> panel);

/// Packs a whole row-major f32 matrix.
///
/// Shapes: source [n_out, n_in]; packed of weight_bytes(...) bytes, 64-byte aligned.
Weight pack_weight(WeightFormat format, const float* source, int n_out, int n_in,
                   std::span<std::byte> packed);

}  // namespace quern::kernels
