#include "store/filter/attributes.h"

#include <limits>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/byte_cursor.h"

namespace quern::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Docs = std::vector<std::vector<AttributeValue>>;

constexpr auto kKeyword = AttributeType::kKeyword;
constexpr auto kInteger = AttributeType::kInteger;

AttributeValue text(int i, std::string value) { return {i, std::move(value), 0}; }
AttributeValue number(int i, std::int64_t value) { return {i, {}, value}; }

std::vector<std::uint32_t> members(const Bitmap& bitmap) {
  std::vector<std::uint32_t> out;
  bitmap.for_each([&](std::uint32_t i) { out.push_back(i); });
  return out;
}

struct Written {
  std::string bytes;
  Attributes attributes;

  Written(const std::vector<Attribute>& schema, const Docs& docs) {
    auto made = bytes_from_attributes(schema, docs);
    EXPECT_TRUE(made.ok()) << made.status().message();
    bytes = *std::move(made);
    auto opened = Attributes::open(bytes_of(bytes), static_cast<std::uint32_t>(docs.size()));
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    attributes = *std::move(opened);
    EXPECT_TRUE(attributes.check().ok()) << attributes.check().message();
  }
};

TEST(attributes, worked_example) {
  const std::vector<Attribute> schema = {
      {"lang", kKeyword}, {"year", kInteger}, {"unused", kInteger}};
  const Written w(schema, {{text(0, "cpp"), number(1, 2020)},
                           {text(0, "go"), text(0, "c"), text(0, "go")},
                           {number(1, 1999)}});
  const AttributeColumn* lang = w.attributes.find("lang");
  const AttributeColumn* year = w.attributes.find("year");
  ASSERT_TRUE(lang != nullptr && year != nullptr);
  EXPECT_EQ(w.attributes.find("unused"), nullptr);
  EXPECT_EQ(lang->n_texts(), 3u);
  EXPECT_EQ(lang->text(1), "cpp");
  EXPECT_EQ(lang->text(3), "");
  EXPECT_THAT(members(lang->docs_in(lang->range_of_text("go"))), ElementsAre(1));
  EXPECT_THAT(members(lang->docs_in(lang->range_of_text("rust"))), ElementsAre());
  EXPECT_THAT(members(lang->docs_in(lang->range_of_prefix("c"))), ElementsAre(0, 1));
  EXPECT_THAT(members(lang->docs_in(lang->range_of_prefix(""))), ElementsAre(0, 1));
  EXPECT_THAT(members(year->docs_in({2000, 2030})), ElementsAre(0));
  std::vector<std::int64_t> values;
  lang->for_each_value(1, [&](std::int64_t v) { values.push_back(v); });
  EXPECT_THAT(values, ElementsAre(0, 2));
}

TEST(attributes, ranges_of_numbers_at_every_width_are_those_of_each_value) {
  std::mt19937_64 random(1);
  for (const std::uint64_t most :
       {0ull, 1ull, 255ull, 256ull, 65535ull, 65536ull, 0xffffffffull, 0x100000000ull, ~0ull}) {
    for (const std::uint32_t n : {1u, 63u, 64u, 65u, 500u}) {
      Docs docs(n);
      std::vector<std::int64_t> values(n);
      for (std::uint32_t i = 0; i < n; ++i) {
        const std::uint64_t above = most == ~0ull ? random() : random() % (most + 1);
        values[i] = static_cast<std::int64_t>(above + static_cast<std::uint64_t>(INT64_MIN));
        if (i < 2)
          values[i] = static_cast<std::int64_t>((i == 0 ? 0 : most) +
                                                static_cast<std::uint64_t>(INT64_MIN));
        docs[i] = {number(0, values[i])};
      }
      const Written w({{"n", kInteger}}, docs);
      for (int round = 0; round < 20; ++round) {
        ValueRange range{values[random() % n], values[random() % n]};
        if (round == 0) range = {INT64_MIN, INT64_MAX};
        if (round == 1) range = {INT64_MAX, INT64_MAX};
        if (round == 2) range = {values[0], values[0]};
        std::vector<std::uint32_t> want;
        for (std::uint32_t i = 0; i < n; ++i) {
          if (values[i] >= range.low && values[i] <= range.high) want.push_back(i);
        }
        ASSERT_EQ(members(w.attributes.find("n")->docs_in(range)), want) << most << " " << n;
      }
    }
  }
}

TEST(attributes, several_values_and_none) {
  std::mt19937 random(2);
  Docs docs(300);
  for (auto& doc : docs) {
    for (unsigned k = random() % 4; k > 0; --k) doc.push_back(number(0, random() % 50));
  }
  const Written w({{"n", kInteger}}, docs);
  for (std::int64_t low = 0; low < 50; low += 7) {
    const Bitmap got = w.attributes.find("n")->docs_in({low, low + 5});
    for (std::uint32_t i = 0; i < docs.size(); ++i) {
      const bool want = std::any_of(docs[i].begin(), docs[i].end(), [&](const AttributeValue& v) {
        return v.number >= low && v.number <= low + 5;
      });
      EXPECT_EQ(got.has(i), want);
    }
  }
}

TEST(attributes, values_come_back_by_document) {
  const std::vector<Attribute> schema = {{"n", kInteger}, {"path", kKeyword}, {"unused", kInteger}};
  const Written w(schema, {{text(1, "b"), number(0, 7), text(1, "a"), text(1, "b")}, {}});
  EXPECT_EQ(values_of_document(w.attributes, schema, 0),
            (std::vector<AttributeValue>{number(0, 7), text(1, "a"), text(1, "b")}));
  EXPECT_TRUE(values_of_document(w.attributes, schema, 1).empty());
}

TEST(attributes, prefixes_of_any_bytes) {
  const Written w({{"path", kKeyword}}, {{text(0, "a\xff")},
                                         {text(0, "a\xff\xff")},
                                         {text(0, "b")},
                                         {text(0, std::string("\0x", 2))},
                                         {text(0, "\xff\xff")}});
  const AttributeColumn& path = *w.attributes.find("path");
  EXPECT_THAT(members(path.docs_in(path.range_of_prefix("a\xff"))), ElementsAre(0, 1));
  EXPECT_THAT(members(path.docs_in(path.range_of_prefix("\xff"))), ElementsAre(4));
  EXPECT_THAT(members(path.docs_in(path.range_of_prefix(std::string(1, '\0')))), ElementsAre(3));
  EXPECT_THAT(members(path.docs_in(path.range_of_prefix("c"))), ElementsAre());
}

TEST(attributes, the_same_values_give_the_same_bytes) {
  const std::vector<Attribute> schema = {{"b", kInteger}, {"a", kKeyword}};
  const std::vector<Attribute> turned = {{"a", kKeyword}, {"b", kInteger}};
  const Written one(schema, {{text(1, "y"), text(1, "x"), number(0, 7)}, {}});
  const Written two(turned, {{number(1, 7), text(0, "x"), text(0, "y"), text(0, "x")}, {}});
  EXPECT_EQ(one.bytes, two.bytes);
  EXPECT_TRUE(Written(schema, {}).attributes.columns().empty());
}

TEST(attributes, wrong_values_are_refused) {
  const std::vector<Attribute> schema = {{"f", AttributeType::kFlag}, {"k", kKeyword}};
  EXPECT_THAT(bytes_from_attributes(schema, Docs{{number(0, 2)}}).status().message(),
              HasSubstr("flag 'f' is 2"));
  EXPECT_THAT(bytes_from_attributes(schema, Docs{{number(2, 0)}}).status().message(),
              HasSubstr("no attribute 2"));
  EXPECT_EQ(bytes_from_attributes(schema, Docs{{text(1, std::string(5000, 'x'))}}).status().code(),
            Code::kTooLarge);
}

// Every change of a byte is refused, found by check(), or read without harm.
TEST(attributes, damage_does_no_harm) {
  const std::vector<Attribute> schema = {{"lang", kKeyword}, {"year", kInteger}};
  const Written w(schema, {{text(0, "cpp"), number(1, 2020)}, {text(0, "go"), text(0, "c")}, {}});
  for (std::size_t i = 0; i < w.bytes.size(); ++i) {
    EXPECT_FALSE(Attributes::open(bytes_of(w.bytes).first(i), 3).ok());
    for (const char mask : {'\x01', '\x80', '\xff'}) {
      std::string bytes = w.bytes;
      bytes[i] = static_cast<char>(bytes[i] ^ mask);
      const auto opened = Attributes::open(bytes_of(bytes), 3);
      if (!opened.ok()) continue;
      const bool is_clean = opened->check().ok();
      for (const AttributeColumn& column : opened->columns()) {
        column.docs_in(column.range_of_prefix("c"));
        column.docs_in({INT64_MIN, INT64_MAX});
        for (std::uint32_t doc = 0; doc < 3; ++doc) {
          column.for_each_value(doc, [&](std::int64_t v) {
            EXPECT_TRUE(!is_clean || column.type() != kKeyword || v < column.n_texts());
          });
        }
      }
    }
  }
  EXPECT_FALSE(Attributes::open(bytes_of(w.bytes), 4).ok());
  EXPECT_FALSE(Attributes::open(bytes_of(w.bytes + "x"), 3).ok());
}

}  // namespace
}  // namespace quern::store
