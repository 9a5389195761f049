#include "engine/cache/packed_floats.h"

#include <cstring>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

std::size_t expect_back(const std::vector<float>& values) {
  std::vector<std::byte> packed = {std::byte{7}};  // It appends.
  pack_floats(values, packed);
  std::vector<float> back(values.size());
  unpack_floats(std::span(packed).subspan(1), back);
  if (!values.empty()) {
    EXPECT_EQ(std::memcmp(back.data(), values.data(), values.size() * sizeof(float)), 0);
  }
  return packed.size() - 1;
}

}  // namespace

TEST(packed_floats, every_bit_comes_back) {
  using limits = std::numeric_limits<float>;
  expect_back({});
  expect_back({0.0f});
  expect_back({-0.0f, 0.0f, 1.0f, -1.0f, limits::max(), limits::lowest(), limits::min()});
  expect_back({limits::denorm_min(), limits::infinity(), -limits::infinity(), limits::quiet_NaN()});
  std::mt19937 random(1);
  for (std::size_t n = 1; n < 200; ++n) {
    std::vector<float> values(n);
    for (float& v : values) {
      const std::uint32_t bits = static_cast<std::uint32_t>(random());
      std::memcpy(&v, &bits, sizeof v);
    }
    expect_back(values);
  }
}

TEST(packed_floats, a_vector_of_length_one_takes_an_eighth_less) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 0.05f);
  std::vector<float> values(384);
  for (float& v : values) v = normal(random);
  EXPECT_LT(expect_back(values), 384 * sizeof(float) * 7 / 8);
}

}  // namespace quern::engine
