#include "store/filter/bitmap.h"

#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "store/byte_cursor.h"

namespace quern::store {
namespace {

Bitmap bitmap_of(std::uint32_t n_bits, const std::vector<std::uint32_t>& members) {
  Bitmap out(n_bits);
  for (const std::uint32_t i : members) out.set(i);
  return out;
}

std::vector<std::uint32_t> members_of(const Bitmap& bitmap) {
  std::vector<std::uint32_t> out;
  bitmap.for_each([&](std::uint32_t i) { out.push_back(i); });
  return out;
}

/// Of every density and with runs, so that all forms occur.
Bitmap random_bitmap(std::uint32_t n_bits, std::mt19937& random) {
  Bitmap out(n_bits);
  const unsigned kind = random() % 5;
  for (std::uint32_t i = 0; i < n_bits; ++i) {
    const bool is_in = kind == 0   ? false
                       : kind == 1 ? true
                       : kind == 2 ? random() % 500 == 0
                       : kind == 3 ? i / 1000 % 2 == 0
                                   : random() % 2 == 0;
    if (is_in) out.set(i);
  }
  return out;
}

}  // namespace

TEST(bitmap, members_and_operations) {
  Bitmap a = bitmap_of(130, {0, 63, 64, 129});
  const Bitmap b = bitmap_of(130, {63, 100});
  EXPECT_EQ(a.count(), 4u);
  EXPECT_TRUE(a.has(129));
  EXPECT_FALSE(a.has(1));
  EXPECT_EQ(members_of(Bitmap(a) &= b), (std::vector<std::uint32_t>{63}));
  EXPECT_EQ(members_of(Bitmap(a) |= b), (std::vector<std::uint32_t>{0, 63, 64, 100, 129}));
  EXPECT_EQ(members_of(Bitmap(a).subtract(b)), (std::vector<std::uint32_t>{0, 64, 129}));
  a.clear(0);
  EXPECT_FALSE(a.has(0));
  EXPECT_EQ(Bitmap::all(130).count(), 130u);
  EXPECT_EQ(Bitmap::all(64).count(), 64u);
  EXPECT_EQ(Bitmap::all(0).count(), 0u);
}

TEST(bitmap, worked_examples_on_disk) {
  const auto bytes = [](const Bitmap& bitmap) { return bytes_from_bitmap(bitmap); };
  EXPECT_EQ(bytes(Bitmap(1000)), std::string("\0", 1));
  EXPECT_EQ(bytes(Bitmap::all(1000)), "\1");
  EXPECT_EQ(bytes(bitmap_of(1000, {258})), std::string("\2\0\0\2\1", 5));
  EXPECT_EQ(bytes(bitmap_of(1000, {4, 5, 6})), std::string("\3\0\0\4\0\6\0", 7));
  EXPECT_EQ(bytes(Bitmap::all(70'000)), "\1\1");
  EXPECT_EQ(bytes(bitmap_of(8, {1, 3, 5, 7})), std::string("\4\xaa\0\0\0\0\0\0\0", 9));
}

TEST(bitmap, any_set_comes_back) {
  std::mt19937 random(3);
  for (const std::uint32_t n_bits :
       {0u, 1u, 63u, 64u, 65u, 1000u, 65'535u, 65'536u, 65'537u, 200'000u, 1u << 20}) {
    for (int round = 0; round < 6; ++round) {
      const Bitmap before = random_bitmap(n_bits, random);
      const std::string bytes = bytes_from_bitmap(before);
      EXPECT_LE(bytes.size(), (n_bits + 65'535) / 65'536 + before.words().size() * 8);
      const auto after = bitmap_from_bytes(bytes_of(bytes), n_bits);
      ASSERT_TRUE(after.ok()) << after.status().message();
      EXPECT_EQ(*after, before);
    }
  }
}

TEST(bitmap, damaged_bytes_are_refused) {
  const auto is_refused = [](std::string_view bytes, std::uint32_t n_bits) {
    return bitmap_from_bytes(bytes_of(bytes), n_bits).status().code() == Code::kBadInput;
  };
  const std::string_view zero("\0", 1);
  EXPECT_TRUE(is_refused("", 1));
  EXPECT_TRUE(is_refused(zero, 0));
  EXPECT_TRUE(is_refused(zero, 65'537));
  EXPECT_TRUE(is_refused("\5", 10));                                      // No such form.
  EXPECT_TRUE(is_refused(std::string_view("\2\1\0\3\0\3\0", 7), 1000));   // Twice.
  EXPECT_TRUE(is_refused(std::string_view("\2\1\0\4\0\3\0", 7), 1000));   // Descending.
  EXPECT_TRUE(is_refused(std::string_view("\2\0\0\3\0", 5), 3));          // Outside.
  EXPECT_TRUE(is_refused(std::string_view("\3\0\0\6\0\4\0", 7), 1000));   // Backwards.
  EXPECT_TRUE(is_refused(std::string_view("\3\0\0\4\0\4\0", 7), 1000));   // One id is no run.
  EXPECT_TRUE(is_refused(std::string_view("\4\0\0\0\0\0\0\0\1", 9), 8));  // Behind the end.
  // Four billion ids in a few bytes cost no memory.
  EXPECT_TRUE(is_refused(zero, ~std::uint32_t{0}));
}

TEST(bitmap, every_cut_is_refused) {
  std::mt19937 random(5);
  for (int round = 0; round < 10; ++round) {
    const std::string bytes = bytes_from_bitmap(random_bitmap(1500, random));
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      EXPECT_FALSE(bitmap_from_bytes(bytes_of(bytes).first(n), 1500).ok());
    }
  }
}

}  // namespace quern::store
