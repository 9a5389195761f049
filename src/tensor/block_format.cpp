#include "tensor/block_format.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "base/check.h"

namespace quern {
namespace {

constexpr BlockLayout kLayouts[] = {
    {BlockFormat::kF32, "f32", 1, 4},
    {BlockFormat::kF16, "f16", 1, 2},
    {BlockFormat::kQ4_0, "q4_0", 32, 18},
    {BlockFormat::kQ4_1, "q4_1", 32, 20},
    {BlockFormat::kQ5_0, "q5_0", 32, 22},
    {BlockFormat::kQ5_1, "q5_1", 32, 24},
    {BlockFormat::kQ8_0, "q8_0", 32, 34},
    {BlockFormat::kQ8_1, "q8_1", 32, 36},
    {BlockFormat::kQ2K, "q2_K", 256, 84},
    {BlockFormat::kQ3K, "q3_K", 256, 110},
    {BlockFormat::kQ4K, "q4_K", 256, 144},
    {BlockFormat::kQ5K, "q5_K", 256, 176},
    {BlockFormat::kQ6K, "q6_K", 256, 210},
    {BlockFormat::kQ8K, "q8_K", 256, 292},
    {BlockFormat::kIQ2XXS, "iq2_xxs", 256, 66},
    {BlockFormat::kIQ2XS, "iq2_xs", 256, 74},
    {BlockFormat::kIQ3XXS, "iq3_xxs", 256, 98},
    {BlockFormat::kIQ1S, "iq1_s", 256, 50},
    {BlockFormat::kIQ4NL, "iq4_nl", 32, 18},
    {BlockFormat::kIQ3S, "iq3_s", 256, 110},
    {BlockFormat::kIQ2S, "iq2_s", 256, 82},
    {BlockFormat::kIQ4XS, "iq4_xs", 256, 136},
    {BlockFormat::kI8, "i8", 1, 1},
    {BlockFormat::kI16, "i16", 1, 2},
    {BlockFormat::kI32, "i32", 1, 4},
    {BlockFormat::kI64, "i64", 1, 8},
    {BlockFormat::kF64, "f64", 1, 8},
    {BlockFormat::kIQ1M, "iq1_m", 256, 56},
    {BlockFormat::kBF16, "bf16", 1, 2},
    {BlockFormat::kTQ1_0, "tq1_0", 256, 54},
    {BlockFormat::kTQ2_0, "tq2_0", 256, 66},
    {BlockFormat::kMXFP4, "mxfp4", 32, 17},
    {BlockFormat::kNVFP4, "nvfp4", 64, 36},
    {BlockFormat::kQ1_0, "q1_0", 128, 18},
};

}  // namespace

const BlockLayout* find_block_layout(std::uint32_t ggml_type) {
  const auto at = std::find_if(std::begin(kLayouts), std::end(kLayouts), [&](const auto& layout) {
    return static_cast<std::uint32_t>(layout.format) == ggml_type;
  });
  return at == std::end(kLayouts) ? nullptr : at;
}

const BlockLayout& block_layout(BlockFormat format) {
  const BlockLayout* layout = find_block_layout(static_cast<std::uint32_t>(format));
  QUERN_CHECK(layout != nullptr);
  return *layout;
}

std::optional<BlockFormat> block_format_from_name(std::string_view name) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  for (const BlockLayout& layout : kLayouts) {
    const std::string_view known = layout.name;
    if (std::equal(known.begin(), known.end(), name.begin(), name.end(), same)) {
      return layout.format;
    }
  }
  return std::nullopt;
}

std::optional<BlockFormat> block_format_of(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return BlockFormat::kF32;
    case DType::kF16:
      return BlockFormat::kF16;
    case DType::kBF16:
      return BlockFormat::kBF16;
    case DType::kF64:
      return BlockFormat::kF64;
    case DType::kI64:
      return BlockFormat::kI64;
    case DType::kI32:
      return BlockFormat::kI32;
    case DType::kI16:
      return BlockFormat::kI16;
    case DType::kI8:
      return BlockFormat::kI8;
    case DType::kU8:
    case DType::kBool:
      break;
  }
  return std::nullopt;
}

}  // namespace quern
