// Formats of tensors whose elements are stored in blocks that share scales, as GGUF files hold
// them; plain element types are blocks of one. Values, names and sizes are those of ggml.
// Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md and ggml-common.h.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tensor/dtype.h"

namespace quern {

enum class BlockFormat : std::uint8_t {
  kF32 = 0,
  kF16 = 1,
  kQ4_0 = 2,
  kQ4_1 = 3,
  kQ5_0 = 6,
  kQ5_1 = 7,
  kQ8_0 = 8,
  kQ8_1 = 9,
  kQ2K = 10,
  kQ3K = 11,
  kQ4K = 12,
  kQ5K = 13,
  kQ6K = 14,
  kQ8K = 15,
  kIQ2XXS = 16,
  kIQ2XS = 17,
  kIQ3XXS = 18,
  kIQ1S = 19,
  kIQ4NL = 20,
  kIQ3S = 21,
  kIQ2S = 22,
  kIQ4XS = 23,
  kI8 = 24,
  kI16 = 25,
  kI32 = 26,
  kI64 = 27,
  kF64 = 28,
  kIQ1M = 29,
  kBF16 = 30,
  kTQ1_0 = 34,
  kTQ2_0 = 35,
  kMXFP4 = 39,
  kNVFP4 = 40,
  kQ1_0 = 41,
};

struct BlockLayout {
  BlockFormat format;
  const char* name;  // "q4_K": as ggml names it.
  int n_elements;    // Of one block, along a row.
  int n_bytes;       // Of one block.
};

const BlockLayout& block_layout(BlockFormat format);

/// nullptr when ggml has no such type, or has removed it.
const BlockLayout* find_block_layout(std::uint32_t ggml_type);

/// "q4_K" -> kQ4K, case ignored.
std::optional<BlockFormat> block_format_from_name(std::string_view name);

/// The blocks of one that hold this element type; nothing for those ggml lacks (u8, bool).
std::optional<BlockFormat> block_format_of(DType dtype);

}  // namespace quern
