// Weights in block formats for the tests: ggml's own blocks out of tests/data/blocks, and random
// ones of any shape.

#pragma once

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernels/block/block_weight.h"
#include "tensor/dtype.h"

namespace quern::kernels {

inline constexpr BlockFormat kBlockFormats[] = {
    BlockFormat::kF32,  BlockFormat::kF16,   BlockFormat::kBF16, BlockFormat::kQ8_0,
    BlockFormat::kQ4_0, BlockFormat::kQ4_1,  BlockFormat::kQ5_0, BlockFormat::kQ5_1,
    BlockFormat::kQ2K,  BlockFormat::kQ3K,   BlockFormat::kQ4K,  BlockFormat::kQ5K,
    BlockFormat::kQ6K,  BlockFormat::kIQ4NL, BlockFormat::kIQ4XS};

struct AlignedDelete {
  void operator()(std::byte* p) const { std::free(p); }
};
using AlignedBlock = std::unique_ptr<std::byte, AlignedDelete>;
inline AlignedBlock aligned_block(std::size_t n) {
  return AlignedBlock(static_cast<std::byte*>(std::aligned_alloc(64, (n + 63) / 64 * 64 + 64)));
}

struct BlockGolden {
  std::vector<std::byte> blocks;  // Of 1,024 numbers.
  std::vector<float> values;
};

inline BlockGolden read_block_golden(BlockFormat format) {
  const BlockLayout& layout = block_layout(format);
  std::ifstream file(std::string(QUERN_SOURCE_DIR "/tests/data/blocks/") + layout.name + ".bin",
                     std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  BlockGolden golden{std::vector<std::byte>(1024u / layout.n_elements * layout.n_bytes),
                     std::vector<float>(1024)};
  if (bytes.size() != golden.blocks.size() + 4096) return {};
  std::memcpy(golden.blocks.data(), bytes.data(), golden.blocks.size());
  std::memcpy(golden.values.data(), bytes.data() + golden.blocks.size(), 4096);
  return golden;
}

/// Rows of blocks of random bits whose scales are near 2^-6 (d) and 2^-9 (dmin, m).
inline std::vector<std::byte> random_blocks(BlockFormat format, int n_rows, int n_in,
                                            unsigned seed) {
  const BlockLayout& layout = block_layout(format);
  std::mt19937 engine(seed);
  std::vector<std::byte> out(static_cast<std::size_t>(n_rows) * n_in / layout.n_elements *
                             layout.n_bytes);
  for (std::byte& b : out) b = static_cast<std::byte>(engine());
  const auto put_half = [&](std::size_t at, unsigned exponent) {
    const auto bits = static_cast<std::uint16_t>((engine() & 0x83ffu) | exponent << 10);
    std::memcpy(out.data() + at, &bits, 2);
  };
  // Where the f16 fields lie in a block.
  const auto fields = [&]() -> std::vector<int> {
    switch (format) {
      case BlockFormat::kQ4_1:
      case BlockFormat::kQ5_1:
      case BlockFormat::kQ4K:
      case BlockFormat::kQ5K:
        return {0, 2};
      case BlockFormat::kQ2K:
        return {80, 82};
      case BlockFormat::kQ3K:
        return {108};
      case BlockFormat::kQ6K:
        return {208};
      default:
        return {0};
    }
  }();
  const auto step = static_cast<std::size_t>(layout.n_bytes);
  for (std::size_t at = 0; at < out.size(); at += step) {
    if (format == BlockFormat::kF32 || format == BlockFormat::kBF16) {
      // The sign and exponent of both are their last two bytes.
      const auto bits = static_cast<std::uint16_t>((engine() & 0x807fu) | 123u << 7);
      std::memcpy(out.data() + at + step - 2, &bits, 2);
      continue;
    }
    unsigned exponent = format == BlockFormat::kF16 ? 12 : 9;
    for (const int field : fields) {
      put_half(at + static_cast<std::size_t>(field), exponent);
      exponent -= 3;
    }
  }
  return out;
}

inline WeightFormat stored(BlockFormat format) { return {WeightFormat::Kind::kStored, format}; }

/// A packed matrix, its values, and its storage.
struct PackedBlocks {
  PackedBlocks(BlockFormat format, int n_out, int n_in, const std::vector<std::byte>& blocks)
      : values(static_cast<std::size_t>(n_out) * n_in),
        bytes(aligned_block(weight_bytes(stored(format), n_out, n_in))),
        weight{.format = stored(format), .n_out = n_out, .n_in = n_in, .packed = bytes.get()} {
    const BlockLayout& layout = block_layout(format);
    const std::size_t row_bytes =
        static_cast<std::size_t>(n_in / layout.n_elements) * layout.n_bytes;
    dequantise_blocks(format, {blocks.data(), row_bytes * n_out}, values);
    for (int p = 0; p < weight.n_panels(); ++p) {
      const int n = std::min(16, n_out - 16 * p);
      pack_block_panel(format, blocks.data() + row_bytes * 16 * p, n, n_in,
                       {bytes.get() + weight.panel_bytes() * p, weight.panel_bytes()});
    }
  }
  PackedBlocks(BlockFormat format, int n_out, int n_in, unsigned seed = 1)
      : PackedBlocks(format, n_out, n_in, random_blocks(format, n_out, n_in, seed)) {}

  std::vector<float> values;  // [n_out, n_in]
  AlignedBlock bytes;
  Weight weight;
};

}  // namespace quern::kernels
