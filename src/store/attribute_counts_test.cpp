#include "store/attribute_counts.h"

#include <map>

#include <gtest/gtest.h>

#include "store/store_fixture.h"

namespace quern::store {

class attribute_counts : public StoreTest {};

TEST_F(attribute_counts, live_documents_of_all_segments_count) {
  create();
  const auto writer = open_writer();
  for (int i = 0; i < 90; ++i) {
    put(*writer, "k" + std::to_string(i), i);
    if (i % 20 == 19) commit(*writer);
  }
  for (int i = 0; i < 90; i += 4) erase(*writer, "k" + std::to_string(i));
  commit(*writer);
  std::map<std::int64_t, std::uint32_t> years;
  for (const auto& [key, document] : model_) {
    for (const AttributeValue& value : document.attributes) {
      if (value.i_attribute == 0) ++years[value.number];
    }
  }
  const auto counts = count_values(*snapshot(), "year");
  ASSERT_TRUE(counts.ok()) << counts.status().message();
  ASSERT_EQ(counts->size(), years.size());
  auto want = years.begin();
  for (const ValueCount& count : *counts) {
    EXPECT_EQ(count.number, want->first);
    EXPECT_EQ(count.n_docs, want->second) << count.number;
    ++want;
  }
  EXPECT_TRUE(count_values(*snapshot(), "none")->empty());
}

}  // namespace quern::store
