// A page of a KV cache: keys and values of one layer at 64 consecutive positions, laid out so that
// attention reads them as packed weights (weight.h): keys as panels of 16 positions, values as
// panels of 16 dimensions.
//
// One page, for each of n_kv_heads heads one after another, d = d_head, dp = d padded to 16:
//   f32, f16  keys [4][d][16], values [dp / 16][64][16]
//   q8_0      the same in s8, then scales f16: keys [4][d / 32][16], values [d / 32][64]; each
//             32 dimensions of one position share a scale, as in ggml's q8_0

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"

namespace quern::kernels {

enum class KvType : std::uint8_t { kF32, kF16, kQ8_0 };

const char* kv_type_name(KvType type);  // "f32", "f16", "q8_0"
Result<KvType> parse_kv_type(std::string_view name);

inline constexpr int kKvPageTokens = 64;
inline constexpr int kMaxHeadWidth = 512;

struct KvShape {
  KvType type = KvType::kF16;
  int n_kv_heads = 0;
  int d_head = 0;  // q8_0: a multiple of 32.

  int padded_width() const { return (d_head + 15) / 16 * 16; }
  std::size_t element_bytes() const;
  std::size_t keys_bytes() const;  // Of one head, without scales.
  std::size_t head_bytes() const;  // Of one head: keys, values and scales; a multiple of 64.
  std::size_t page_bytes() const { return static_cast<std::size_t>(n_kv_heads) * head_bytes(); }
};

/// Writes the key and the value of one position into a page.
///
/// Shapes: k, v [n_kv_heads * d_head]; page of shape.page_bytes(); slot in [0, 64).
/// Numerics: f16 rounds to nearest even; q8_0 rounds each 32 values to 127ths of the largest.
void write_kv(const KvShape& shape, int slot, const float* k, const float* v, std::byte* page);

/// One head's keys and values of a page as f32 panels, exactly as stored.
///
/// Shapes: keys [4][d_head][16]; values [padded_width / 16][64][16].
void expand_kv(const KvShape& shape, int head, const std::byte* page, float* keys, float* values);

}  // namespace quern::kernels
