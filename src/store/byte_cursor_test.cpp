#include "store/byte_cursor.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace quern::store {

TEST(byte_cursor, numbers_and_varints_come_back) {
  std::string out;
  append_number(out, std::uint16_t{0x0201});
  const std::uint64_t values[] = {0,
                                  1,
                                  127,
                                  128,
                                  16'383,
                                  16'384,
                                  std::uint64_t{1} << 63,
                                  std::numeric_limits<std::uint64_t>::max()};
  for (const std::uint64_t value : values) append_varint(out, value);
  out += "text";
  ByteCursor cursor(bytes_of(out));
  EXPECT_EQ(cursor.number<std::uint16_t>(), 0x0201);
  for (const std::uint64_t value : values) EXPECT_EQ(cursor.varint(), value);
  EXPECT_EQ(cursor.text(4), "text");
  EXPECT_TRUE(cursor.is_ok());
  EXPECT_EQ(cursor.n_left(), 0u);
}

TEST(byte_cursor, nothing_is_read_past_the_end) {
  ByteCursor cursor(bytes_of("abc"));
  EXPECT_EQ(cursor.number<std::uint32_t>(), 0u);
  EXPECT_FALSE(cursor.is_ok());
  EXPECT_EQ(cursor.number<std::uint8_t>(), 0u);  // Not even what would fit.
  ByteCursor huge(bytes_of("abc"));
  EXPECT_TRUE(huge.take(~std::uint64_t{0}).empty());
  EXPECT_FALSE(huge.is_ok());
}

TEST(byte_cursor, a_varint_has_one_form) {
  const auto is_ok = [](std::string_view bytes) {
    ByteCursor cursor(bytes_of(bytes));
    cursor.varint();
    return cursor.is_ok();
  };
  EXPECT_TRUE(is_ok(std::string_view("\0", 1)));
  EXPECT_FALSE(is_ok(std::string_view("\x80\0", 2)));                           // Too long.
  EXPECT_FALSE(is_ok("\x80"));                                                  // Cut.
  EXPECT_FALSE(is_ok("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"));              // Above 2^64.
  EXPECT_FALSE(is_ok("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));  // Far above.
}

}  // namespace quern::store
