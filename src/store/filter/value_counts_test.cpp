#include "store/filter/value_counts.h"

#include <map>
#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/byte_cursor.h"

namespace quern::store {
namespace {

using ::testing::ElementsAre;

const std::vector<Attribute> kSchema = {{"lang", AttributeType::kKeyword},
                                        {"year", AttributeType::kInteger}};

TEST(value_counts, worked_example) {
  const auto bytes = bytes_from_attributes(
      kSchema, std::vector<std::vector<AttributeValue>>{{{0, "go", 0}, {1, {}, 7}},
                                                        {{0, "c", 0}, {0, "go", 0}},
                                                        {{0, "rust", 0}, {1, {}, -7}},
                                                        {{1, {}, 7}}});
  ASSERT_TRUE(bytes.ok());
  const auto attributes = Attributes::open(bytes_of(*bytes), 4);
  ASSERT_TRUE(attributes.ok());
  const Bitmap all = Bitmap::all(4);
  EXPECT_THAT(count_values(*attributes->find("lang"), all),
              ElementsAre(ValueCount{"c", 0, 1}, ValueCount{"go", 0, 2}, ValueCount{"rust", 0, 1}));
  EXPECT_THAT(count_values(*attributes->find("year"), all),
              ElementsAre(ValueCount{"", -7, 1}, ValueCount{"", 7, 2}));
  Bitmap some(4);
  some.set(1);
  EXPECT_THAT(count_values(*attributes->find("lang"), some),
              ElementsAre(ValueCount{"c", 0, 1}, ValueCount{"go", 0, 1}));
  EXPECT_THAT(count_values(*attributes->find("lang"), Bitmap(4)), ElementsAre());
}

TEST(value_counts, segments_merge_and_the_most_frequent_come_first) {
  const std::vector<ValueCount> a = {{"c", 0, 2}, {"go", 0, 1}};
  const std::vector<ValueCount> b = {{"b", 0, 1}, {"go", 0, 4}, {"z", 0, 2}};
  const auto merged = merge_counts(a, b);
  EXPECT_THAT(merged, ElementsAre(ValueCount{"b", 0, 1}, ValueCount{"c", 0, 2},
                                  ValueCount{"go", 0, 5}, ValueCount{"z", 0, 2}));
  EXPECT_THAT(most_frequent(merged, 3),
              ElementsAre(ValueCount{"go", 0, 5}, ValueCount{"c", 0, 2}, ValueCount{"z", 0, 2}));
  EXPECT_THAT(merge_counts({}, b), ::testing::ElementsAreArray(b));
}

TEST(value_counts, are_those_of_a_loop_over_documents) {
  std::mt19937 random(1);
  std::vector<std::vector<AttributeValue>> docs(1000);
  std::map<std::string, std::uint32_t> want;
  Bitmap allowed(1000);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    if (random() % 2) allowed.set(i);
    std::set<std::string> texts;
    for (unsigned k = random() % 3; k > 0; --k) texts.insert("v" + std::to_string(random() % 30));
    for (const std::string& text : texts) {
      docs[i].push_back({0, text, 0});
      want[text] += allowed.has(i);
    }
  }
  const auto bytes = bytes_from_attributes(kSchema, docs);
  ASSERT_TRUE(bytes.ok());
  const auto attributes = Attributes::open(bytes_of(*bytes), 1000);
  for (const ValueCount& count : count_values(*attributes->find("lang"), allowed)) {
    EXPECT_EQ(count.n_docs, want[count.text]);
    want.erase(count.text);
  }
  for (const auto& [text, n] : want) EXPECT_EQ(n, 0u) << text;
}

}  // namespace
}  // namespace quern::store
