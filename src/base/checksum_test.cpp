#include "base/checksum.h"

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
}  // namespace quern
