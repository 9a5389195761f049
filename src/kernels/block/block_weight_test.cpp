// Dequantised and packed blocks against ggml's own.

#include "kernels/block/block_weight.h"

#include <bit>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/block/test_block_weights.h"

namespace quern::kernels {
namespace {

std::vector<std::uint32_t> bits(std::span<const float> x) {
  std::vector<std::uint32_t> out;
  for (const float v : x) out.push_back(std::bit_cast<std::uint32_t>(v));
  return out;
}

TEST(dequantise_blocks, has_the_bits_of_ggml) {
  for (const BlockFormat format : kBlockFormats) {
    const BlockGolden golden = read_block_golden(format);
    ASSERT_EQ(golden.values.size(), 1024u) << block_layout(format).name;
    std::vector<float> got(1024);
    dequantise_blocks(format, golden.blocks, got);
    EXPECT_EQ(bits(got), bits(golden.values)) << block_layout(format).name;
  }
}

TEST(dequantise_blocks, worked_example) {
  // q4_0: d = 0.5 (f16 0x3800), codes 8 + 1 in the low halves and 8 - 2 in the high ones.
  std::vector<std::byte> block(18, std::byte{0x69});
  block[0] = std::byte{0x00};
  block[1] = std::byte{0x38};
  std::vector<float> out(32);
  dequantise_blocks(BlockFormat::kQ4_0, block, out);
  for (int i = 0; i < 16; ++i) EXPECT_EQ(out[i], 0.5f);
  for (int i = 16; i < 32; ++i) EXPECT_EQ(out[i], -1.0f);
}

TEST(dequantise_row, gives_each_output_back_bit_for_bit) {
  for (const BlockFormat format : kBlockFormats) {
    for (const int n_out : {1, 16, 21}) {
      const PackedBlocks w(format, n_out, 512);
      for (int o = 0; o < n_out; ++o) {
        std::vector<float> got(512);
        dequantise_row(w.weight, o, got);
        EXPECT_EQ(bits(got), bits(std::span(w.values).subspan(o * 512, 512)))
            << block_layout(format).name << " output " << o;
      }
    }
  }
}

TEST(dequantise_row, gives_ggmls_blocks_back_bit_for_bit) {
  for (const BlockFormat format : kBlockFormats) {
    const BlockGolden golden = read_block_golden(format);
    const PackedBlocks w(format, 4, 256, golden.blocks);
    for (int o = 0; o < 4; ++o) {
      std::vector<float> got(256);
      dequantise_row(w.weight, o, got);
      EXPECT_EQ(bits(got), bits(std::span(golden.values).subspan(o * 256, 256)))
          << block_layout(format).name;
    }
  }
}

TEST(weight_bytes, is_ggmls_size_but_for_padding) {
  for (const BlockFormat format : kBlockFormats) {
    const BlockLayout& layout = block_layout(format);
    const std::size_t ggml = 32u * 512 / layout.n_elements * layout.n_bytes;
    EXPECT_EQ(weight_bytes(stored(format), 32, 512), ggml) << layout.name;
    EXPECT_EQ(weight_bytes(stored(format), 17, 512), ggml) << layout.name;
  }
}

TEST(is_block_product, refuses_the_formats_we_do_not_multiply) {
  for (const BlockFormat format : {BlockFormat::kIQ2XXS, BlockFormat::kI32, BlockFormat::kQ8K,
                                   BlockFormat::kF64, BlockFormat::kMXFP4, BlockFormat::kQ8_1}) {
    EXPECT_FALSE(is_block_product(format)) << block_layout(format).name;
  }
}

}  // namespace
}  // namespace quern::kernels
