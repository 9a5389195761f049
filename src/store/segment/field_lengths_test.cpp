#include "store/segment/field_lengths.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "store/byte_cursor.h"

namespace quern::store {

TEST(field_lengths, worked_example) {
  const std::vector<std::uint32_t> lengths = {1, 2, 3};
  EXPECT_EQ(bytes_from_lengths(lengths), std::string("\2\x39\0\0\0\0\0\0\0\0", 10));
}

TEST(field_lengths, come_back) {
  std::mt19937 random(1);
  for (unsigned n_bits = 0; n_bits <= 32; ++n_bits) {
    for (const std::uint32_t n : {0u, 1u, 2u, 100u, 1001u}) {
      std::vector<std::uint32_t> lengths(n);
      for (auto& length : lengths) {
        length = n_bits == 0 ? 0 : static_cast<std::uint32_t>(random()) >> (32 - n_bits);
      }
      const std::string bytes = bytes_from_lengths(lengths);
      EXPECT_LE(bytes.size(), n * n_bits / 8 + 10);
      const auto column = FieldLengths::open(bytes_of(bytes), n);
      ASSERT_TRUE(column.ok()) << column.status().message();
      for (std::uint32_t i = 0; i < n; ++i) ASSERT_EQ(column->length(i), lengths[i]);
    }
  }
}

TEST(field_lengths, other_sizes_are_refused) {
  const std::vector<std::uint32_t> lengths = {1, 2, 3};
  const std::string bytes = bytes_from_lengths(lengths);
  EXPECT_FALSE(FieldLengths::open({}, 0).ok());
  EXPECT_FALSE(FieldLengths::open(bytes_of(bytes), 9).ok());
  EXPECT_FALSE(FieldLengths::open(bytes_of(bytes + "x"), 3).ok());
  EXPECT_FALSE(FieldLengths::open(bytes_of("\x21" + bytes.substr(1)), 3).ok());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(FieldLengths::open(bytes_of(bytes).first(n), 3).ok());
  }
}

}  // namespace quern::store
