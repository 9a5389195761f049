#include "kernels/block/block_weight.h"

#include "base/check.h"
#include "kernels/block/block_layout.h"

namespace quern::kernels {
namespace {

std::size_t round_up(std::size_t n, std::size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

// Bytes of the codes of a panel, which its scales follow.
std::size_t codes_bytes(const BlockShape& shape, int n_in) {
  return static_cast<std::size_t>(n_in / kBlockInputs) *
         static_cast<std::size_t>(shape.code_bytes());
}

template <typename T>
void pack_elements(const std::byte* rows, int n_rows, int n_in, std::byte* panel) {
  for (int o = 0; o < n_rows; ++o) {
    for (int i = 0; i < n_in; ++i) {
      std::memcpy(
          panel +
              (static_cast<std::size_t>(i) * kPanelWidth + static_cast<std::size_t>(o)) * sizeof(T),
          rows + (static_cast<std::size_t>(o) * static_cast<std::size_t>(n_in) +
                  static_cast<std::size_t>(i)) *
                     sizeof(T),
          sizeof(T));
    }
  }
}

float element(BlockFormat format, const std::byte* p) {
  if (format == BlockFormat::kF32) {
    float value;
    std::memcpy(&value, p, sizeof(value));
    return value;
  }
  std::uint16_t bits;
  std::memcpy(&bits, p, sizeof(bits));
  return format == BlockFormat::kF16 ? f32_from_f16(bits) : f32_from_bf16(bits);
}

std::size_t element_bytes(BlockFormat format) { return format == BlockFormat::kF32 ? 4 : 2; }

void check_width(BlockFormat format, int n_in) {
  QUERN_CHECK(is_block_product(format) && n_in % block_layout(format).n_elements == 0);
}

}  // namespace

bool is_block_product(BlockFormat format) {
  return format == BlockFormat::kF32 || format == BlockFormat::kF16 ||
         format == BlockFormat::kBF16 || takes_block_rows(format);
}

bool takes_block_rows(BlockFormat format) { return find_block_shape(format) != nullptr; }

std::size_t block_panel_bytes(BlockFormat format, int n_in) {
  const BlockLayout& layout = block_layout(format);
  const auto n_blocks = static_cast<std::size_t>(n_in / layout.n_elements);
  return round_up(n_blocks * static_cast<std::size_t>(layout.n_bytes) * kPanelWidth, kLineBytes);
}

void pack_block_panel(BlockFormat format, const std::byte* rows, int n_rows, int n_in,
                      std::span<std::byte> panel) {
  check_width(format, n_in);
  QUERN_CHECK(panel.size() == block_panel_bytes(format, n_in) && n_rows <= kPanelWidth);
  std::memset(panel.data(), 0, panel.size());
  const BlockShape* shape = find_block_shape(format);
  if (shape == nullptr) {
    return format == BlockFormat::kF32
               ? pack_elements<float>(rows, n_rows, n_in, panel.data())
               : pack_elements<std::uint16_t>(rows, n_rows, n_in, panel.data());
  }
  const int group_blocks = shape->group_inputs / kBlockInputs;
  const int n_groups = n_in / shape->group_inputs;
  std::byte* tail = panel.data() + codes_bytes(*shape, n_in);
  const std::byte* block = rows;
  for (int o = 0; o < n_rows; ++o) {
    for (int g = 0; g < n_groups; ++g, block += block_layout(format).n_bytes) {
      for (int b = 0; b < group_blocks; ++b) {
        std::uint8_t codes[kBlockInputs];
        ggml_codes(format, block, b, codes);
        place_codes(*shape, codes, o, panel.data() + (g * group_blocks + b) * shape->code_bytes());
      }
      place_scales(*shape, block, o, tail + g * shape->tail_bytes);
    }
  }
}

namespace {

// The widths as constants make these several times as fast.
template <int kLow, int kHigh>
void place(const std::uint8_t codes[kBlockInputs], int output, std::byte* lines) {
  std::byte* at = lines + 4 * output;
  constexpr int kPerLine = 8 / kLow;
#pragma GCC unroll 32
  for (int i = 0; i < kBlockInputs; ++i) {
    const int s = i / 4;
    const int low = (codes[i] & ((1 << kLow) - 1)) << (s % kPerLine * kLow);
    at[s / kPerLine * kLineBytes + i % 4] |= static_cast<std::byte>(low);
    if constexpr (kHigh > 0) {
      constexpr int kPerHighLine = 8 / kHigh;
      const int high = codes[i] >> kLow << (s % kPerHighLine * kHigh);
      at[(kLow + s / kPerHighLine) * kLineBytes + i % 4] |= static_cast<std::byte>(high);
    }
  }
}

template <int kLow, int kHigh>
void take(const std::byte* lines, int output, std::uint8_t codes[kBlockInputs]) {
  const std::byte* at = lines + 4 * output;
  constexpr int kPerLine = 8 / kLow;
#pragma GCC unroll 32
  for (int i = 0; i < kBlockInputs; ++i) {
    const int s = i / 4;
    const int low = std::to_integer<int>(at[s / kPerLine * kLineBytes + i % 4]);
    int code = low >> (s % kPerLine * kLow) & ((1 << kLow) - 1);
    if constexpr (kHigh > 0) {
      constexpr int kPerHighLine = 8 / kHigh;
      const int high = std::to_integer<int>(at[(kLow + s / kPerHighLine) * kLineBytes + i % 4]);
      code |= (high >> (s % kPerHighLine * kHigh) & ((1 << kHigh) - 1)) << kLow;
    }
    codes[i] = static_cast<std::uint8_t>(code);
  }
}

}  // namespace

void place_codes(const BlockShape& shape, const std::uint8_t codes[kBlockInputs], int output,
                 std::byte* lines) {
  switch (10 * shape.low_bits + shape.high_bits) {
    case 80:
      return place<8, 0>(codes, output, lines);
    case 40:
      return place<4, 0>(codes, output, lines);
    case 41:
      return place<4, 1>(codes, output, lines);
    case 42:
      return place<4, 2>(codes, output, lines);
    case 20:
      return place<2, 0>(codes, output, lines);
    default:
      return place<2, 1>(codes, output, lines);
  }
}

void packed_codes(const BlockShape& shape, const std::byte* lines, int output,
                  std::uint8_t codes[kBlockInputs]) {
  switch (10 * shape.low_bits + shape.high_bits) {
    case 80:
      take<8, 0>(lines, output, codes);
      break;
    case 40:
      take<4, 0>(lines, output, codes);
      break;
    case 41:
      take<4, 1>(lines, output, codes);
      break;
    case 42:
      take<4, 2>(lines, output, codes);
      break;
    case 20:
      take<2, 0>(lines, output, codes);
      break;
    default:
      take<2, 1>(lines, output, codes);
  }
  if (!shape.table) return;
  for (int i = 0; i < kBlockInputs; ++i) codes[i] = kIq4Codes[codes[i]];
}

void dequantise_blocks(BlockFormat format, std::span<const std::byte> blocks,
                       std::span<float> out) {
  const BlockLayout& layout = block_layout(format);
  const std::size_t n_blocks = out.size() / static_cast<std::size_t>(layout.n_elements);
  QUERN_CHECK(is_block_product(format));
  QUERN_CHECK(n_blocks * static_cast<std::size_t>(layout.n_elements) == out.size());
  QUERN_CHECK(n_blocks * static_cast<std::size_t>(layout.n_bytes) == blocks.size());
  const BlockShape* shape = find_block_shape(format);
  float* to = out.data();
  for (std::size_t n = 0; n < n_blocks; ++n) {
    const std::byte* block = blocks.data() + n * static_cast<std::size_t>(layout.n_bytes);
    if (shape == nullptr) {
      *to++ = element(format, block);
      continue;
    }
    for (int b = 0; b < shape->group_inputs / kBlockInputs; ++b) {
      std::uint8_t codes[kBlockInputs];
      ggml_codes(format, block, b, codes);
      const BlockScales scales = ggml_scales(format, block, b);
      for (int i = 0; i < kBlockInputs; ++i) {
        *to++ = block_value(*shape, scales, i, shape->table ? kIq4Codes[codes[i]] : codes[i]);
      }
    }
  }
}

void dequantise_row(const Weight& w, int row, std::span<float> out) {
  QUERN_CHECK(w.format.kind == WeightFormat::Kind::kStored);
  QUERN_CHECK(row >= 0 && row < w.n_out && out.size() == static_cast<std::size_t>(w.n_in));
  const std::byte* panel = w.panel(row / kPanelWidth);
  const int o = row % kPanelWidth;
  const BlockShape* shape = find_block_shape(w.format.stored);
  if (shape == nullptr) {
    const std::size_t bytes = element_bytes(w.format.stored);
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] =
          element(w.format.stored, panel + (i * kPanelWidth + static_cast<std::size_t>(o)) * bytes);
    }
    return;
  }
  const int group_blocks = shape->group_inputs / kBlockInputs;
  const std::byte* tail = panel + codes_bytes(*shape, w.n_in);
  float* to = out.data();
  for (int b = 0; b < w.n_in / kBlockInputs; ++b) {
    std::uint8_t codes[kBlockInputs];
    packed_codes(*shape, panel + b * shape->code_bytes(), o, codes);
    const BlockScales scales =
        packed_scales(*shape, tail + b / group_blocks * shape->tail_bytes, b % group_blocks, o);
    for (int i = 0; i < kBlockInputs; ++i) *to++ = block_value(*shape, scales, i, codes[i]);
  }
}

}  // namespace quern::kernels
