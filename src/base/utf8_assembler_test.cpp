#include "base/utf8_assembler.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace quern {
namespace {

TEST(utf8_assembler, holds_a_character_back_until_it_is_whole) {
  Utf8Assembler assembler;
  std::string out;
  assembler.add("a\xF0\x9F", out);
  EXPECT_EQ(out, "a");
  EXPECT_EQ(assembler.pending().size(), 2u);
  assembler.add("\x98", out);
  assembler.add("\x80!", out);
  EXPECT_EQ(out, "a\U0001F600!");
  assembler.add("\xE6\xBC", out);
  assembler.finish(out);
  EXPECT_EQ(out, "a\U0001F600!\uFFFD");
}

TEST(utf8_assembler, any_cut_gives_what_the_whole_gives) {
  std::mt19937 random(1);
  const std::string alphabet =
      "a\xC3\xA9\xE6\xBC\xA2\xF0\x9F\x98\x80\xED\xA0\xF4\x90\xFF\xC0\xE0\x9F";
  for (int round = 0; round < 20000; ++round) {
    std::string bytes;
    for (auto n = random() % 12; n > 0; --n) bytes += alphabet[random() % alphabet.size()];
    std::string storage;
    const std::string want(repair_utf8(bytes, storage));
    Utf8Assembler assembler;
    std::string got;
    for (std::size_t pos = 0; pos < bytes.size();) {
      const std::size_t n = 1 + random() % 3;
      assembler.add(std::string_view(bytes).substr(pos, n), got);
      ASSERT_LE(assembler.pending().size(), 3u);
      pos += n;
    }
    assembler.finish(got);
    ASSERT_EQ(got, want);
  }
}

}  // namespace
}  // namespace quern
