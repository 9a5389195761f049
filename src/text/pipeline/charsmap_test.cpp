// Tables by hand, and damaged ones. A real one: tests/tokenizer_files_test.cpp.

#include "text/pipeline/charsmap.h"

#include <cstring>
#include <random>

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace quern::text {
namespace {

using normalizers::Precompiled;

/// A charsmap of these units and strings.
std::string charsmap_of(const std::vector<std::uint32_t>& units, const std::string& strings) {
  const auto n = static_cast<std::uint32_t>(units.size() * 4);
  std::string out(4 + n, '\0');
  std::memcpy(out.data(), &n, 4);
  std::memcpy(out.data() + 4, units.data(), n);
  return out + strings;
}

/// 'a' becomes "xy", "ab" becomes "z": units as darts-clone lays them out.
std::string small_map() {
  std::vector<std::uint32_t> units(1024);
  const auto node = [](std::uint32_t label, std::uint32_t offset, bool leaf) {
    return label | (leaf ? 1u << 8 : 0) | offset << 10;
  };
  units[0] = node(0, 256, false);
  const std::uint32_t a = 256 ^ 'a';
  units[a] = node('a', a ^ 512, true);
  units[512] = 1u << 31 | 0;  // The value of "a".
  const std::uint32_t b = 512 ^ 'b';
  units[b] = node('b', b ^ 768, true);
  units[768] = 1u << 31 | 3;
  return charsmap_of(units, std::string("xy\0z\0", 5));
}

std::string mapped(Precompiled::Match match, std::string_view text) {
  const auto map = Charsmap::make({small_map(), match});
  EXPECT_TRUE(map.ok()) << map.status().message();
  std::string out;
  if (map.ok()) map->append(text, out);
  return out;
}

TEST(charsmap, the_shortest_match_of_a_cluster_or_the_longest_of_the_text) {
  EXPECT_EQ(mapped(Precompiled::Match::kGrapheme, "abba"), "xybbxy");
  EXPECT_EQ(mapped(Precompiled::Match::kLongest, "abba"), "zbxy");
  EXPECT_EQ(mapped(Precompiled::Match::kGrapheme, "a\u0301c"), "xyc");
  EXPECT_EQ(mapped(Precompiled::Match::kLongest, "a\u0301c"), "xy\u0301c");
  EXPECT_EQ(mapped(Precompiled::Match::kGrapheme, "\r\n\u00E9"), "\r\n\u00E9");
}

TEST(charsmap, wrong_sizes_and_strings_are_refused) {
  EXPECT_FALSE(Charsmap::make({"", {}}).ok());
  EXPECT_FALSE(Charsmap::make({std::string("\x04\0\0\0", 4), {}}).ok());
  EXPECT_FALSE(Charsmap::make({std::string("\0\0\0\0", 4), {}}).ok());
  EXPECT_FALSE(Charsmap::make({charsmap_of({0}, "\xFF"), {}}).ok());
}

// A walk may lead anywhere; what comes out is text all the same.
TEST(charsmap, garbage_maps_text_to_text) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::uint32_t> units(1 + random() % 600);
    for (std::uint32_t& unit : units) {
      unit = random() % 2 == 0 ? random() : (random() % 600) << 10 | 1u << 8 | random() % 256;
    }
    const Precompiled::Match match =
        round % 2 == 0 ? Precompiled::Match::kGrapheme : Precompiled::Match::kLongest;
    const auto map = Charsmap::make({charsmap_of(units, "ab\u00E9\u6F22"), match});
    ASSERT_TRUE(map.ok());
    std::string text;
    for (int i = 0; i < 200; ++i) append_utf8(1 + random() % 0xD000, text);
    std::string out;
    map->append(text + std::string(2000, 'a'), out);
    EXPECT_TRUE(is_valid_utf8(out));
  }
}

}  // namespace
}  // namespace quern::text
