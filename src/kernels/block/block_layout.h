// How the block formats lie in a packed panel, and what each means. Only the block kernels and
// their packing include this.
//
// Each 32 inputs of 16 outputs are 8 lines of unsigned 8-bit codes when unpacked: line s, byte
// 4 o + i is output o, input 4 s + i. Packed they are, block after block:
//   low_bits 8   8 lines as they are
//   low_bits 4   4 lines, line s in bits 4 (s % 2) of packed line s / 2
//   low_bits 2   2 lines, line s in bits 2 (s % 4) of packed line s / 4
//   high_bits 1  1 more line, line s in bit s: the code's next bit
//   high_bits 2  2 more lines, as for low_bits 2
// Behind the codes of all blocks come the scales, group after group ("f16 [16]": of 16 outputs):
//   q4_0 q5_0 q8_0 iq4_nl   d f16 [16]
//   q4_1 q5_1               d f16 [16], m f16 [16]
//   q4_K q5_K               d f16 [16], dmin f16 [16], 16 six-bit numbers u32 [3][16]
//   q3_K                    d f16 [16], 16 six-bit numbers u32 [3][16]
//   q2_K                    d f16 [16], dmin f16 [16], scale | min << 4 u8 [16 halves][16]
//   q6_K                    d f16 [16], scale s8 [16 halves][16]
//   iq4_xs                  d f16 [16], scales' low 4 bits u32 [16], their high 2 bits u16 [16]
// Of the six-bit numbers, i < 15 lies in bits 6 (i % 5) of word i / 5, the last in the three words'
// highest two bits. q4_K and q5_K: first 8 scales, then 8 minima.
//
// A weight is scale * (code - offset) or, where the kind has minima, scale * code + min.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tensor/block_format.h"
#include "tensor/dtype.h"

namespace quern::kernels {

inline constexpr int kBlockInputs = 32;  // Inputs that share a scale of the activations.
inline constexpr int kBlockLines = 8;    // Unpacked lines of that many inputs.
inline constexpr int kLineBytes = 64;

enum class BlockKind : std::uint8_t { kOffset32, kMin32, kOffset16, kMin16 };

constexpr bool has_minima(BlockKind k) { return k == BlockKind::kMin32 || k == BlockKind::kMin16; }
constexpr bool has_halves(BlockKind k) {
  return k == BlockKind::kOffset16 || k == BlockKind::kMin16;
}

struct BlockShape {
  BlockFormat format;
  BlockKind kind;
  int low_bits;
  int high_bits;
  int offset;          // Of the codes; 0 with minima.
  int group_inputs;    // 32 or 256: ggml's block.
  int tail_bytes;      // Scales of one group of 16 outputs.
  bool table = false;  // Codes are indices into kIq4Codes.

  constexpr int code_lines() const { return low_bits + high_bits; }  // Of one block of 32 inputs.
  constexpr int code_bytes() const { return code_lines() * kLineBytes; }
};

inline constexpr BlockShape kBlockShapes[] = {
    {BlockFormat::kQ8_0, BlockKind::kOffset32, 8, 0, 128, 32, 32},
    {BlockFormat::kQ4_0, BlockKind::kOffset32, 4, 0, 8, 32, 32},
    {BlockFormat::kQ4_1, BlockKind::kMin32, 4, 0, 0, 32, 64},
    {BlockFormat::kQ5_0, BlockKind::kOffset32, 4, 1, 16, 32, 32},
    {BlockFormat::kQ5_1, BlockKind::kMin32, 4, 1, 0, 32, 64},
    {BlockFormat::kQ2K, BlockKind::kMin16, 2, 0, 0, 256, 320},
    {BlockFormat::kQ3K, BlockKind::kOffset16, 2, 1, 4, 256, 224},
    {BlockFormat::kQ4K, BlockKind::kMin32, 4, 0, 0, 256, 256},
    {BlockFormat::kQ5K, BlockKind::kMin32, 4, 1, 0, 256, 256},
    {BlockFormat::kQ6K, BlockKind::kOffset16, 4, 2, 32, 256, 288},
    {BlockFormat::kIQ4NL, BlockKind::kOffset32, 4, 0, 128, 32, 32, true},
    {BlockFormat::kIQ4XS, BlockKind::kOffset32, 4, 0, 128, 256, 128, true},
};
inline constexpr int kNBlockShapes = sizeof(kBlockShapes) / sizeof(kBlockShapes[0]);

/// nullptr for formats that are not of codes.
constexpr const BlockShape* find_block_shape(BlockFormat format) {
  for (const BlockShape& shape : kBlockShapes) {
    if (shape.format == format) return &shape;
  }
  return nullptr;
}

/// The values of ggml's IQ4 formats, plus 128.
inline constexpr std::uint8_t kIq4Codes[16] = {1,   24,  45,  63,  79,  93,  106, 118,
                                               129, 141, 153, 166, 181, 197, 217, 241};

/// Scales and minima of one output's block of 32 inputs; [1] is that of the inputs from 16 on.
struct BlockScales {
  float scale[2];
  float min[2];
};

/// Out of the scales of a group, as packed, for its block `b` and one of the 16 outputs.
BlockScales packed_scales(const BlockShape& shape, const std::byte* tail, int b, int output);

/// The unpacked codes of one output's block, through the table where there is one.
void packed_codes(const BlockShape& shape, const std::byte* lines, int output,
                  std::uint8_t codes[kBlockInputs]);

/// The same of ggml's block, whose 32 inputs number `b` are meant; codes not through the table.
BlockScales ggml_scales(BlockFormat format, const std::byte* block, int b);
void ggml_codes(BlockFormat format, const std::byte* block, int b,
                std::uint8_t codes[kBlockInputs]);

/// Puts one output's codes and scales into their places; these hold zeros.
void place_codes(const BlockShape& shape, const std::uint8_t codes[kBlockInputs], int output,
                 std::byte* lines);
void place_scales(const BlockShape& shape, const std::byte* block, int output, std::byte* tail);

/// One weight; `scales` and `i` as in BlockScales.
inline float block_value(const BlockShape& shape, const BlockScales& scales, int i,
                         std::uint8_t code) {
  const int half = has_halves(shape.kind) ? i / 16 : 0;
  const float centred = static_cast<float>(code - shape.offset);
  const float product = scales.scale[half] * centred;
  return has_minima(shape.kind) ? product + scales.min[half] : product;
}

}  // namespace quern::kernels
