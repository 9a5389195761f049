#include "kernels/bit_pack.h"

#include <array>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace quern::kernels {
namespace {

using Values = std::array<std::uint32_t, kPackValues>;

Values random_values(int n_bits, unsigned seed) {
  std::mt19937 random(seed);
  Values values{};
  for (std::uint32_t& v : values) {
    v = n_bits == 0 ? 0 : static_cast<std::uint32_t>(random()) >> (32 - n_bits);
  }
  return values;
}

// The meaning: bit k of value i is bit (i / 4) * n_bits + k of lane i mod 4.
std::uint32_t plain_value(const std::vector<std::byte>& packed, int n_bits, std::size_t i) {
  std::uint32_t value = 0;
  for (int k = 0; k < n_bits; ++k) {
    const std::size_t bit = i / 4 * static_cast<std::size_t>(n_bits) + static_cast<std::size_t>(k);
    const std::size_t byte = bit / 32 * 16 + i % 4 * 4 + bit % 32 / 8;
    value |= (static_cast<std::uint32_t>(packed[byte]) >> bit % 8 & 1) << k;
  }
  return value;
}

TEST(bit_pack, every_width_gives_back_what_was_packed_as_the_plain_loop_does) {
  for (int n_bits = 0; n_bits <= kMaxPackBits; ++n_bits) {
    const Values values = random_values(n_bits, 3);
    std::vector<std::byte> packed(packed_bytes(n_bits));
    pack_128(values, n_bits, packed.data());

    Values got{};
    unpack_128(packed.data(), n_bits, got);
    EXPECT_EQ(got, values) << n_bits;
    for (std::size_t i = 0; i < kPackValues; ++i) {
      ASSERT_EQ(plain_value(packed, n_bits, i), values[i]) << n_bits << " " << i;
    }
  }
}

TEST(bit_pack, ascending_numbers_are_the_sums_of_gaps_and_wrap) {
  for (int n_bits = 0; n_bits <= kMaxPackBits; ++n_bits) {
    const Values values = random_values(n_bits, 4);
    std::vector<std::byte> packed(packed_bytes(n_bits));
    pack_128(values, n_bits, packed.data());
    Values want{};
    std::uint32_t last = 17;
    for (std::size_t i = 0; i < kPackValues; ++i) want[i] = last += values[i] + 1;

    Values got{};
    unpack_ascending_128(packed.data(), n_bits, 17, got);
    EXPECT_EQ(got, want) << n_bits;
  }
}

TEST(bit_pack, bits_needed_is_the_width_of_the_largest) {
  EXPECT_EQ(bits_needed({}), 0);
  EXPECT_EQ(bits_needed(std::vector<std::uint32_t>{0, 0}), 0);
  EXPECT_EQ(bits_needed(std::vector<std::uint32_t>{1, 5}), 3);
  EXPECT_EQ(bits_needed(std::vector<std::uint32_t>{~0u}), 32);
}

}  // namespace
}  // namespace quern::kernels
