#include "tensor/block_format.h"

#include <gtest/gtest.h>

namespace quern {
namespace {

TEST(block_format, sizes_are_those_of_ggml) {
  // From the block structs of ggml-common.h: scales first, then the packed elements.
  EXPECT_EQ(block_layout(BlockFormat::kQ4_0).n_bytes, 2 + 32 / 2);
  EXPECT_EQ(block_layout(BlockFormat::kQ4_1).n_bytes, 2 + 2 + 32 / 2);
  EXPECT_EQ(block_layout(BlockFormat::kQ5_0).n_bytes, 2 + 4 + 32 / 2);
  EXPECT_EQ(block_layout(BlockFormat::kQ5_1).n_bytes, 2 + 2 + 4 + 32 / 2);
  EXPECT_EQ(block_layout(BlockFormat::kQ8_0).n_bytes, 2 + 32);
  EXPECT_EQ(block_layout(BlockFormat::kQ2K).n_bytes, 256 / 16 + 256 / 4 + 2 + 2);
  EXPECT_EQ(block_layout(BlockFormat::kQ3K).n_bytes, 256 / 8 + 256 / 4 + 12 + 2);
  EXPECT_EQ(block_layout(BlockFormat::kQ4K).n_bytes, 2 + 2 + 12 + 256 / 2);
  EXPECT_EQ(block_layout(BlockFormat::kQ5K).n_bytes, 2 + 2 + 12 + 256 / 8 + 256 / 2);
  EXPECT_EQ(block_layout(BlockFormat::kQ6K).n_bytes, 256 / 2 + 256 / 4 + 256 / 16 + 2);
  EXPECT_EQ(block_layout(BlockFormat::kIQ4NL).n_bytes, 2 + 32 / 2);
  EXPECT_EQ(block_layout(BlockFormat::kIQ4XS).n_bytes, 2 + 2 + 256 / 64 + 256 / 2);
}

TEST(block_format, a_type_that_ggml_removed_or_never_had_is_not_found) {
  for (const std::uint32_t type : {4u, 5u, 31u, 36u, 42u, 255u, 1u << 31}) {
    EXPECT_EQ(find_block_layout(type), nullptr) << type;
  }
}

TEST(block_format, names_lead_back_to_their_format) {
  for (std::uint32_t type = 0; type < 64; ++type) {
    if (const BlockLayout* layout = find_block_layout(type)) {
      EXPECT_EQ(block_format_from_name(layout->name), layout->format);
    }
  }
  EXPECT_EQ(block_format_from_name("Q4_K"), BlockFormat::kQ4K);
  EXPECT_EQ(block_format_from_name("q9_0"), std::nullopt);
}

TEST(block_format, plain_types_keep_their_size) {
  for (const DType dtype : {DType::kF32, DType::kF16, DType::kBF16, DType::kF64, DType::kI64,
                            DType::kI32, DType::kI16, DType::kI8}) {
    const BlockLayout& layout = block_layout(*block_format_of(dtype));
    EXPECT_EQ(layout.n_elements, 1);
    EXPECT_EQ(static_cast<std::size_t>(layout.n_bytes), dtype_bytes(dtype));
    EXPECT_STREQ(layout.name, dtype_name(dtype));
  }
  EXPECT_EQ(block_format_of(DType::kU8), std::nullopt);
}

}  // namespace
}  // namespace quern
