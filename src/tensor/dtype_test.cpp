#include "tensor/dtype.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

namespace quern {
namespace {

// IEEE 754 half by its definition, in double: sign, 5 bits of exponent (bias 15), 10 of fraction.
double half_by_definition(std::uint16_t bits) {
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  const int exponent = (bits >> 10) & 31;
  const double fraction = (bits & 1023) / 1024.0;
  if (exponent == 0) return sign * std::ldexp(fraction, -14);
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  return sign * std::ldexp(1 + fraction, exponent - 15);
}

}  // namespace

TEST(dtype, every_half_widens_exactly) {
  for (int bits = 0; bits < 65536; ++bits) {
    const float got = f32_from_f16(static_cast<std::uint16_t>(bits));
    const double want = half_by_definition(static_cast<std::uint16_t>(bits));
    if (std::isnan(want)) {
      ASSERT_TRUE(std::isnan(got)) << bits;
    } else {
      ASSERT_EQ(static_cast<double>(got), want) << bits;
      ASSERT_EQ(std::signbit(got), std::signbit(want)) << bits;  // Tells -0 from 0.
    }
  }
}

TEST(dtype, known_halves) {
  EXPECT_EQ(f32_from_f16(0x3c00), 1.0f);
  EXPECT_EQ(f32_from_f16(0xc000), -2.0f);
  EXPECT_EQ(f32_from_f16(0x7bff), 65504.0f);
  EXPECT_EQ(f32_from_f16(0x0001), std::ldexp(1.0f, -24));
}

TEST(dtype, every_bf16_survives_the_way_to_f32_and_back) {
  for (int i = 0; i < 65536; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    const float wide = f32_from_bf16(bits);
    if (std::isnan(wide)) {
      EXPECT_TRUE(std::isnan(f32_from_bf16(bf16_from_f32(wide)))) << i;
    } else {
      ASSERT_EQ(bf16_from_f32(wide), bits) << i;
    }
  }
}

TEST(dtype, bf16_rounds_to_nearest_ties_to_even) {
  EXPECT_EQ(bf16_from_f32(1.0f), 0x3f80);
  EXPECT_EQ(bf16_from_f32(std::bit_cast<float>(0x3f808000u)), 0x3f80);  // Tie: down to even.
  EXPECT_EQ(bf16_from_f32(std::bit_cast<float>(0x3f818000u)), 0x3f82);  // Tie: up to even.
  EXPECT_EQ(bf16_from_f32(std::bit_cast<float>(0x3f808001u)), 0x3f81);
  EXPECT_EQ(bf16_from_f32(std::bit_cast<float>(0x7f7fffffu)), 0x7f80);  // Past the largest.

  std::mt19937 random(3);
  for (int i = 0; i < 100000; ++i) {
    const float value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!std::isfinite(value)) continue;
    const std::uint16_t got = bf16_from_f32(value);
    const double error = std::fabs(static_cast<double>(f32_from_bf16(got)) - value);
    if (std::isinf(f32_from_bf16(got))) continue;
    for (const int step : {-1, 1}) {
      const float other = f32_from_bf16(static_cast<std::uint16_t>(got + step));
      if (!std::isfinite(other)) continue;
      ASSERT_LE(error, std::fabs(static_cast<double>(other) - value)) << value;
    }
  }
}

TEST(dtype, sizes_and_names) {
  EXPECT_EQ(dtype_bytes(DType::kF32), 4u);
  EXPECT_EQ(dtype_bytes(DType::kBF16), 2u);
  EXPECT_EQ(dtype_bytes(DType::kI64), 8u);
  EXPECT_EQ(dtype_bytes(DType::kBool), 1u);
  EXPECT_STREQ(dtype_name(DType::kBF16), "bf16");
  EXPECT_STREQ(dtype_name(DType::kF16), "f16");
}

}  // namespace quern
