#include "store/segment/merge_attributes.h"

#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::store {
namespace {

using testing::HasSubstr;

using Docs = std::vector<std::vector<AttributeValue>>;

const std::vector<Attribute> kAttributes = {{"year", AttributeType::kInteger},
                                            {"lang", AttributeType::kKeyword},
                                            {"draft", AttributeType::kFlag}};

/// Bytes and what is read of them.
struct Input {
  explicit Input(const Docs& docs) : bytes(*bytes_from_attributes(kAttributes, docs)) {
    attributes =
        *Attributes::open(std::as_bytes(std::span(bytes)), static_cast<std::uint32_t>(docs.size()));
  }
  std::string bytes;
  Attributes attributes;
};

}  // namespace

TEST(merge_attributes, of_dead_documents_no_text_stays) {
  const Input a({{{0, "", 2020}, {1, "cpp", 0}}, {{1, "ada", 0}}});
  const Input b({{{1, "cpp", 0}, {1, "c", 0}}, {}});
  const std::vector<const Attributes*> inputs = {&a.attributes, &b.attributes};
  const std::vector<MergeDoc> order = {{1, 0}, {0, 0}, {1, 1}};
  const Input want({{{1, "c", 0}, {1, "cpp", 0}}, {{0, "", 2020}, {1, "cpp", 0}}, {}});
  EXPECT_EQ(*merge_attributes(inputs, order), want.bytes);
}

TEST(merge_attributes, gives_the_bytes_of_the_same_values_written_at_once) {
  std::mt19937 random(3);
  for (int round = 0; round < 40; ++round) {
    std::vector<Docs> docs(1 + random() % 4);
    for (Docs& part : docs) {
      part.resize(1 + random() % 30);
      for (auto& doc : part) {
        for (unsigned n = random() % 4; n > 0; --n) {
          if (random() % 2 == 0) doc.push_back({1, std::string(random() % 4, 'x'), 0});
          if (random() % 3 == 0) doc.push_back({0, "", static_cast<int>(random() % 70000) - 99});
          if (random() % 9 == 0) doc.push_back({2, "", static_cast<int>(random() % 2)});
        }
      }
    }
    std::vector<Input> read;
    read.reserve(docs.size());
    for (const Docs& part : docs) read.emplace_back(part);
    std::vector<const Attributes*> inputs;
    for (const Input& input : read) inputs.push_back(&input.attributes);
    std::vector<std::uint32_t> next(docs.size());
    std::vector<MergeDoc> order;
    Docs want;
    for (int i = 0; i < 100; ++i) {
      const auto input = static_cast<std::uint32_t>(random() % docs.size());
      const std::uint32_t doc = next[input]++;
      if (doc >= docs[input].size() || random() % 5 == 0) continue;
      order.push_back({input, doc});
      want.push_back(docs[input][doc]);
    }
    EXPECT_EQ(*merge_attributes(inputs, order), *bytes_from_attributes(kAttributes, want)) << round;
  }
}

TEST(merge_attributes, damage_is_named) {
  Input a({{{1, "cpp", 0}}, {{1, "rust", 0}}});
  std::string bytes = a.bytes;
  bytes[bytes.size() - 4] = 'a';  // "rust" is "aust" now, and before "cpp".
  const auto damaged = Attributes::open(std::as_bytes(std::span(bytes)), 2);
  ASSERT_TRUE(damaged.ok()) << damaged.status().message();
  const std::vector<const Attributes*> inputs = {&*damaged};
  EXPECT_THAT(merge_attributes(inputs, std::vector<MergeDoc>{{0, 0}}).status().message(),
              HasSubstr("'lang': texts 0 and 1 are not ascending"));
}

}  // namespace quern::store
