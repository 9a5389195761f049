#include "base/checksum.h"

#include <span>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace quern {
namespace {

std::uint64_t of(std::string_view text) { return checksum64(std::as_bytes(std::span(text))); }

// Numbers of the reference program, xxhsum -H3.
TEST(checksum64, worked_examples) {
  EXPECT_EQ(of(""), 0x2d06800538d394c2u);
  EXPECT_EQ(of("a"), 0xe6c632b61e964e1fu);
  EXPECT_EQ(of("abc"), 0x78af5f94892f3950u);
}

}  // namespace
TEST(checksum, parts_give_the_sum_of_the_whole) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += static_cast<char>(i * 7);
  for (const std::size_t n_part : {1u, 7u, 64u, 1000u, 3000u}) {
    Checksum64 sum;
    for (std::size_t at = 0; at < text.size(); at += n_part) {
      EXPECT_EQ(sum.value(), checksum64(std::as_bytes(std::span(text.data(), at))));
      sum.add(std::string_view(text).substr(at, n_part));
    }
    EXPECT_EQ(sum.value(), checksum64(std::as_bytes(std::span(text))));
  }
}

}  // namespace quern
