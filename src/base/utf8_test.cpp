#include "base/utf8.h"

#include <string>

#include <gtest/gtest.h>

namespace quern {
namespace {

std::string repaired(std::string_view bytes) {
  std::string storage;
  return std::string(repair_utf8(bytes, storage));
}

constexpr const char* kR = "\xEF\xBF\xBD";

TEST(utf8, every_code_point_survives_a_round_trip) {
  for (CodePoint c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string bytes;
    append_utf8(c, bytes);
    const Decoded back = decode_utf8(bytes, 0);
    ASSERT_TRUE(back.valid && back.code == c && back.n_bytes == static_cast<int>(bytes.size()))
        << std::hex << c;
  }
}

TEST(utf8, each_maximal_ill_formed_part_becomes_one_replacement) {
  const std::string r = kR;
  EXPECT_EQ(repaired("a\xE4\xB8"
                     "b"),
            "a" + r + "b");
  EXPECT_EQ(repaired("\xF0\x9F\x98"), r);
  EXPECT_EQ(repaired("\xED\xA0\x80"), r + r + r);          // A surrogate: no valid start.
  EXPECT_EQ(repaired("\xC0\xAF"), r + r);                  // Overlong.
  EXPECT_EQ(repaired("\xF4\x90\x80\x80"), r + r + r + r);  // Above U+10FFFF.
  EXPECT_EQ(repaired("\xE1\x80\xE2\x80\x92"), r + "\xE2\x80\x92");
  EXPECT_EQ(repaired("\x80\xFF"), r + r);
}

TEST(utf8, well_formed_text_is_not_copied) {
  const std::string text = "plain \xC3\xA9\xF0\x9F\x98\x80";
  std::string storage;
  EXPECT_EQ(repair_utf8(text, storage).data(), text.data());
  EXPECT_EQ(count_chars(text), 8u);
  EXPECT_EQ(last_char(text), text.size() - 4);
}

TEST(utf8, finds_the_first_byte_beyond_ascii_at_any_offset) {
  for (std::size_t n = 0; n < 40; ++n) {
    const std::string text = std::string(n, 'x') + "\xC3\xA9" + std::string(20, 'y');
    for (std::size_t from = 0; from <= n; ++from) EXPECT_EQ(find_non_ascii(text, from), n);
    EXPECT_EQ(find_non_ascii(text, n + 2), text.size());
  }
}

}  // namespace
}  // namespace quern
