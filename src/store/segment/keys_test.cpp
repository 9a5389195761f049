#include "store/segment/keys.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "store/byte_cursor.h"

namespace quern::store {
namespace {

std::string written(const std::vector<std::string>& keys) {
  std::string out;
  KeyWriter writer([&](std::span<const std::byte> bytes) {
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return Status();
  });
  for (const std::string& key : keys) {
    EXPECT_TRUE(writer.add(key, static_cast<std::uint32_t>(key.size() / 2)).ok());
  }
  EXPECT_TRUE(writer.finish().ok());
  return out;
}

std::vector<std::string> random_keys(std::size_t n, std::mt19937& random) {
  std::set<std::string> keys;
  while (keys.size() < n) {
    std::string key = "src/" + std::to_string(random() % 40) + "/";
    for (unsigned k = random() % 5; k > 0; --k) key.push_back(static_cast<char>(random()));
    keys.insert(key);
  }
  return {keys.begin(), keys.end()};
}

KeyColumn open(const std::string& bytes, std::size_t n_keys) {
  auto column = KeyColumn::open(bytes_of(bytes), static_cast<std::uint32_t>(n_keys));
  EXPECT_TRUE(column.ok()) << column.status().message();
  return *column;
}

std::uint32_t plain_lower_bound(const std::vector<std::string>& keys, const std::string& key) {
  return static_cast<std::uint32_t>(std::lower_bound(keys.begin(), keys.end(), key) - keys.begin());
}

}  // namespace

TEST(keys, worked_example) {
  const std::string bytes = written({"a/x", "a/y"});
  // Shared, own, parent, bytes; then the offset of the one block.
  EXPECT_EQ(bytes, std::string("\0\3\1a/x\2\1\1y\0\0\0\0", 14));
  const KeyColumn column = open(bytes, 2);
  EXPECT_EQ(*column.key(1), (Key{.bytes = "a/y", .n_parent = 1}));
  EXPECT_EQ(column.key(1)->parent(), "a");
}

TEST(keys, agree_with_a_sorted_vector) {
  std::mt19937 random(11);
  for (const std::size_t n : {0u, 1u, 15u, 16u, 17u, 500u}) {
    const std::vector<std::string> keys = random_keys(n, random);
    const std::string bytes = written(keys);
    const KeyColumn column = open(bytes, n);
    EXPECT_TRUE(column.check().ok());
    for (std::uint32_t i = 0; i < n; ++i) {
      EXPECT_EQ(column.key(i)->bytes, keys[i]);
      EXPECT_EQ(*column.find(keys[i]), std::optional<std::uint32_t>(i));
    }
    for (int round = 0; round < 300; ++round) {
      const std::string key = random_keys(1, random)[0].substr(0, random() % 12);
      EXPECT_EQ(*column.lower_bound(key), plain_lower_bound(keys, key));
      const bool is_there = std::binary_search(keys.begin(), keys.end(), key);
      EXPECT_EQ(column.find(key)->has_value(), is_there);
      const auto range = column.with_prefix(key);
      ASSERT_TRUE(range.ok());
      for (std::uint32_t i = 0; i < n; ++i) {
        EXPECT_EQ(i >= range->begin && i < range->end, keys[i].starts_with(key));
      }
    }
  }
}

TEST(keys, a_cursor_seeks_onwards) {
  std::mt19937 random(12);
  const std::vector<std::string> keys = random_keys(700, random);
  const std::string bytes = written(keys);
  const KeyColumn column = open(bytes, keys.size());
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> wanted = random_keys(1 + random() % 30, random);
    KeyCursor cursor(column);
    for (const std::string& key : wanted) {
      const std::uint32_t want = plain_lower_bound(keys, key);
      const auto is_there = cursor.seek(key);
      ASSERT_TRUE(is_there.ok());
      EXPECT_EQ(*is_there, want < keys.size());
      if (*is_there) {
        EXPECT_EQ(cursor.id(), want);
        EXPECT_EQ(cursor.key().bytes, keys[want]);
      }
    }
  }
}

TEST(keys, a_cursor_goes_to_ids) {
  std::mt19937 random(14);
  const std::vector<std::string> keys = random_keys(300, random);
  const std::string bytes = written(keys);
  const KeyColumn column = open(bytes, keys.size());
  for (int round = 0; round < 50; ++round) {
    KeyCursor cursor(column);
    for (std::uint32_t id = random() % 20; id < keys.size(); id += random() % 40) {
      ASSERT_TRUE(cursor.go_to(id).ok());
      EXPECT_EQ(cursor.id(), id);
      EXPECT_EQ(cursor.key().bytes, keys[id]);
    }
  }
}

TEST(keys, prefixes_of_the_highest_byte) {
  const std::vector<std::string> keys = {"a", "a\xff", "a\xff\xff", "b", "\xff", "\xff\xff"};
  const std::string bytes = written(keys);
  const KeyColumn column = open(bytes, keys.size());
  EXPECT_EQ(column.with_prefix("a\xff")->begin, 1u);
  EXPECT_EQ(column.with_prefix("a\xff")->end, 3u);
  EXPECT_EQ(column.with_prefix("\xff")->end, 6u);
  EXPECT_EQ(column.with_prefix("")->end, 6u);
}

TEST(keys, damage_is_an_error_and_no_crash) {
  std::mt19937 random(13);
  const std::vector<std::string> keys = random_keys(60, random);
  const std::string whole = written(keys);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = whole;
    bytes[random() % bytes.size()] = static_cast<char>(random());
    if (round % 5 == 0) bytes.resize(random() % bytes.size());
    const auto column = KeyColumn::open(bytes_of(bytes), 60);
    if (!column.ok()) continue;
    for (const std::string& key : keys) static_cast<void>(column->find(key));
    static_cast<void>(column->with_prefix("src/1"));
    if (!column->check().ok()) continue;
    for (std::uint32_t i = 0; i < 60; ++i) EXPECT_TRUE(column->key(i).ok());
  }
  EXPECT_FALSE(KeyColumn::open(bytes_of("abc"), 1).ok());
  EXPECT_FALSE(open(written({"a", "b"}) + "....", 2).check().ok());
}

}  // namespace quern::store
