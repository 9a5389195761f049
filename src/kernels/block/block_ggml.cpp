// Reading ggml's blocks. Source: ggml-common.h for the layouts, ggml-quants.c for their meaning.

#include "kernels/block/block_layout.h"

namespace quern::kernels {
namespace {

std::uint8_t byte_at(const std::byte* p, int i) { return std::to_integer<std::uint8_t>(p[i]); }

float half_at(const std::byte* p, int i) {
  std::uint16_t bits;
  std::memcpy(&bits, p + i, sizeof(bits));
  return f32_from_f16(bits);
}

// Scale j of q3_K: four low bits in eight bytes, two high bits in four more.
int scale_q3(const std::byte* s, int j) {
  const int low = j < 8 ? byte_at(s, j) & 15 : byte_at(s, j - 8) >> 4;
  return low | (byte_at(s, 8 + j % 4) >> (2 * (j / 4)) & 3) << 4;
}

// Scales and minima of q4_K and q5_K.
int scale_q4(const std::byte* s, int j) {
  if (j < 4) return byte_at(s, j) & 63;
  return (byte_at(s, j + 4) & 15) | byte_at(s, j - 4) >> 6 << 4;
}
int min_q4(const std::byte* s, int j) {
  if (j < 4) return byte_at(s, j + 4) & 63;
  return byte_at(s, j + 4) >> 4 | byte_at(s, j) >> 6 << 4;
}

int scale_iq4_xs(const std::byte* block, int b) {
  const int high = byte_at(block, 2) | byte_at(block, 3) << 8;
  return (byte_at(block, 4 + b / 2) >> (4 * (b % 2)) & 15) | (high >> (2 * b) & 3) << 4;
}

// Inputs 0 to 15 in the low halves of 16 bytes, 16 to 31 in the high ones.
void nibbles(const std::byte* qs, std::uint8_t* codes) {
  for (int i = 0; i < 16; ++i) {
    codes[i] = byte_at(qs, i) & 15;
    codes[i + 16] = byte_at(qs, i) >> 4;
  }
}

void fifth_bits(const std::byte* qh, std::uint8_t* codes) {
  for (int i = 0; i < 32; ++i) {
    codes[i] = static_cast<std::uint8_t>(codes[i] | (byte_at(qh, i / 8) >> (i % 8) & 1) << 4);
  }
}

// codes += (bytes[i] >> shift, cut to `bits`) << to.
void add_bits(const std::byte* bytes, int shift, int bits, int to, std::uint8_t* codes) {
  for (int i = 0; i < 32; ++i) {
    const int part = byte_at(bytes, i) >> shift & ((1 << bits) - 1);
    codes[i] = static_cast<std::uint8_t>(codes[i] | part << to);
  }
}

void put_half(const std::byte* from, int output, std::byte* to) {
  std::memcpy(to + 2 * output, from, 2);
}

void or_word(std::byte* words, int word, int output, std::uint32_t bits) {
  std::byte* at = words + (word * 16 + output) * 4;
  std::uint32_t value;
  std::memcpy(&value, at, sizeof(value));
  value |= bits;
  std::memcpy(at, &value, sizeof(value));
}

void place_six_bits(std::byte* words, int i, int output, int number) {
  const auto bits = static_cast<std::uint32_t>(number);
  if (i < 15) return or_word(words, i / 5, output, bits << (6 * (i % 5)));
  for (int w = 0; w < 3; ++w) or_word(words, w, output, (bits >> (2 * w) & 3) << 30);
}

int six_bits_at(const std::byte* words, int i, int output) {
  std::uint32_t w[3];
  for (int k = 0; k < 3; ++k) std::memcpy(&w[k], words + (k * 16 + output) * 4, 4);
  if (i < 15) return static_cast<int>(w[i / 5] >> (6 * (i % 5)) & 63);
  return static_cast<int>(w[0] >> 30 | w[1] >> 30 << 2 | w[2] >> 30 << 4);
}

}  // namespace

BlockScales ggml_scales(BlockFormat format, const std::byte* block, int b) {
  const auto one = [](float scale, float min) { return BlockScales{{scale, scale}, {min, min}}; };
  switch (format) {
    case BlockFormat::kQ4_1:
    case BlockFormat::kQ5_1:
      return one(half_at(block, 0), half_at(block, 2));
    case BlockFormat::kQ4K:
    case BlockFormat::kQ5K: {
      const std::byte* s = block + 4;
      return one(half_at(block, 0) * static_cast<float>(scale_q4(s, b)),
                 -(half_at(block, 2) * static_cast<float>(min_q4(s, b))));
    }
    case BlockFormat::kIQ4XS:
      return one(half_at(block, 0) * static_cast<float>(scale_iq4_xs(block, b) - 32), 0);
    case BlockFormat::kQ2K: {
      BlockScales out{};
      for (int h = 0; h < 2; ++h) {
        const int s = byte_at(block, 2 * b + h);
        out.scale[h] = half_at(block, 80) * static_cast<float>(s & 15);
        out.min[h] = -(half_at(block, 82) * static_cast<float>(s >> 4));
      }
      return out;
    }
    case BlockFormat::kQ3K: {
      const float d = half_at(block, 108);
      return {{d * static_cast<float>(scale_q3(block + 96, 2 * b) - 32),
               d * static_cast<float>(scale_q3(block + 96, 2 * b + 1) - 32)},
              {}};
    }
    case BlockFormat::kQ6K: {
      const float d = half_at(block, 208);
      const auto scale = [&](int j) { return static_cast<std::int8_t>(byte_at(block, 192 + j)); };
      return {{d * static_cast<float>(scale(2 * b)), d * static_cast<float>(scale(2 * b + 1))}, {}};
    }
    default:
      return one(half_at(block, 0), 0);
  }
}

void ggml_codes(BlockFormat format, const std::byte* block, int b,
                std::uint8_t codes[kBlockInputs]) {
  std::memset(codes, 0, kBlockInputs);
  switch (format) {
    case BlockFormat::kQ8_0:
      for (int i = 0; i < 32; ++i) codes[i] = byte_at(block, 2 + i) ^ 0x80;
      return;
    case BlockFormat::kQ4_0:
    case BlockFormat::kIQ4NL:
      return nibbles(block + 2, codes);
    case BlockFormat::kQ4_1:
      return nibbles(block + 4, codes);
    case BlockFormat::kQ5_0:
      nibbles(block + 6, codes);
      return fifth_bits(block + 2, codes);
    case BlockFormat::kQ5_1:
      nibbles(block + 8, codes);
      return fifth_bits(block + 4, codes);
    case BlockFormat::kIQ4XS:
      return nibbles(block + 8 + 16 * b, codes);
    case BlockFormat::kQ2K:
      return add_bits(block + 16 + b / 4 * 32, 2 * (b % 4), 2, 0, codes);
    case BlockFormat::kQ3K:
      add_bits(block + 32 + b / 4 * 32, 2 * (b % 4), 2, 0, codes);
      return add_bits(block, b, 1, 2, codes);
    case BlockFormat::kQ4K:
      return add_bits(block + 16 + b / 2 * 32, 4 * (b % 2), 4, 0, codes);
    case BlockFormat::kQ5K:
      add_bits(block + 48 + b / 2 * 32, 4 * (b % 2), 4, 0, codes);
      return add_bits(block + 16, b, 1, 4, codes);
    case BlockFormat::kQ6K:
      add_bits(block + b / 4 * 64 + b % 2 * 32, b % 4 / 2 * 4, 4, 0, codes);
      return add_bits(block + 128 + b / 4 * 32, 2 * (b % 4), 2, 4, codes);
    default:
      return;
  }
}

void place_scales(const BlockShape& shape, const std::byte* block, int output, std::byte* tail) {
  switch (shape.format) {
    case BlockFormat::kQ4_1:
    case BlockFormat::kQ5_1:
      put_half(block, output, tail);
      return put_half(block + 2, output, tail + 32);
    case BlockFormat::kQ4K:
    case BlockFormat::kQ5K:
      put_half(block, output, tail);
      put_half(block + 2, output, tail + 32);
      for (int i = 0; i < 8; ++i) {
        place_six_bits(tail + 64, i, output, scale_q4(block + 4, i));
        place_six_bits(tail + 64, 8 + i, output, min_q4(block + 4, i));
      }
      return;
    case BlockFormat::kQ3K:
      put_half(block + 108, output, tail);
      for (int i = 0; i < 16; ++i) {
        place_six_bits(tail + 32, i, output, scale_q3(block + 96, i));
      }
      return;
    case BlockFormat::kQ2K:
      put_half(block + 80, output, tail);
      put_half(block + 82, output, tail + 32);
      for (int i = 0; i < 16; ++i) tail[64 + i * 16 + output] = block[i];
      return;
    case BlockFormat::kQ6K:
      put_half(block + 208, output, tail);
      for (int i = 0; i < 16; ++i) tail[32 + i * 16 + output] = block[192 + i];
      return;
    case BlockFormat::kIQ4XS:
      put_half(block, output, tail);
      std::memcpy(tail + 32 + 4 * output, block + 4, 4);
      return put_half(block + 2, output, tail + 96);
    default:
      return put_half(block, output, tail);
  }
}

BlockScales packed_scales(const BlockShape& shape, const std::byte* tail, int b, int output) {
  const float d = half_at(tail, 2 * output);
  const auto one = [](float scale, float min) { return BlockScales{{scale, scale}, {min, min}}; };
  switch (shape.format) {
    case BlockFormat::kQ4_1:
    case BlockFormat::kQ5_1:
      return one(d, half_at(tail, 32 + 2 * output));
    case BlockFormat::kQ4K:
    case BlockFormat::kQ5K: {
      const float dmin = half_at(tail, 32 + 2 * output);
      return one(d * static_cast<float>(six_bits_at(tail + 64, b, output)),
                 -(dmin * static_cast<float>(six_bits_at(tail + 64, 8 + b, output))));
    }
    case BlockFormat::kQ3K:
      return {{d * static_cast<float>(six_bits_at(tail + 32, 2 * b, output) - 32),
               d * static_cast<float>(six_bits_at(tail + 32, 2 * b + 1, output) - 32)},
              {}};
    case BlockFormat::kQ2K: {
      const float dmin = half_at(tail, 32 + 2 * output);
      BlockScales out{};
      for (int h = 0; h < 2; ++h) {
        const int s = byte_at(tail, 64 + (2 * b + h) * 16 + output);
        out.scale[h] = d * static_cast<float>(s & 15);
        out.min[h] = -(dmin * static_cast<float>(s >> 4));
      }
      return out;
    }
    case BlockFormat::kQ6K: {
      const auto scale = [&](int j) {
        return static_cast<std::int8_t>(byte_at(tail, 32 + j * 16 + output));
      };
      return {{d * static_cast<float>(scale(2 * b)), d * static_cast<float>(scale(2 * b + 1))}, {}};
    }
    case BlockFormat::kIQ4XS: {
      const int low = byte_at(tail, 32 + 4 * output + b / 2) >> (4 * (b % 2)) & 15;
      const int high = byte_at(tail, 96 + 2 * output + b / 4) >> (2 * (b % 4)) & 3;
      return one(d * static_cast<float>((low | high << 4) - 32), 0);
    }
    default:
      return one(d, 0);
  }
}

}  // namespace quern::kernels
