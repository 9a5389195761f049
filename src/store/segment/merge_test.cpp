#include "store/segment/merge.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/segment/segment_writer.h"
#include "store/store_fixture.h"

namespace quern::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class merge : public FolderTest {
 protected:
  /// A segment of documents with these keys, some of them dead.
  SegmentView view(SegmentId id, const std::vector<std::string>& keys,
                   const std::vector<std::uint32_t>& dead = {}) {
    auto writer = SegmentWriter::create(fixture_schema());
    for (const std::string& key : keys) writer->add(fixture_document(key, 1));
    auto row = writer->finish(real_files(), folder_, {.segment = id, .nonce = id});
    EXPECT_TRUE(row.ok()) << row.status().message();
    auto out = open_view(folder_, *row, fixture_schema(), {});
    Bitmap live = *out->live;
    for (const std::uint32_t doc : dead) live.clear(doc);
    out->row.tombstone.n_dead = static_cast<std::uint32_t>(dead.size());
    out->live = std::make_shared<const Bitmap>(live);
    return *out;
  }

  static std::vector<std::string> section_bytes(const Segment& segment) {
    std::vector<std::string> out;
    for (const Section& section : segment.container().sections()) {
      const auto bytes = segment.container().bytes(section);
      out.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    return out;
  }

  Pace pace_;
};

}  // namespace

TEST_F(merge, the_result_is_what_would_have_been_written_at_once) {
  std::vector<SegmentView> inputs;
  std::vector<std::string> all;
  for (SegmentId id = 1; id <= 3; ++id) {
    std::vector<std::string> keys;
    for (int i = 0; i < 400; ++i) keys.push_back(std::to_string(i * 3 + static_cast<int>(id)));
    std::sort(keys.begin(), keys.end());
    for (std::uint32_t doc = 0; doc < keys.size(); ++doc) {
      if (doc != 7 && doc != 8) all.push_back(keys[doc]);
    }
    inputs.push_back(view(id, keys, {7, 8}));
  }
  const auto order = merge_order(inputs);
  ASSERT_TRUE(order.ok()) << order.status().message();
  EXPECT_EQ(order->size(), all.size());
  const auto row =
      merge_segments(real_files(), folder_, {.segment = 9, .nonce = 9}, inputs, *order, pace_);
  ASSERT_TRUE(row.ok()) << row.status().message();
  const auto merged = Segment::open(folder_, *row, fixture_schema());
  ASSERT_TRUE(merged.ok());
  EXPECT_TRUE((*merged)->check().ok());
  const SegmentView want = view(10, all);
  EXPECT_EQ(row->fields, want.row.fields);
  EXPECT_TRUE(section_bytes(**merged) == section_bytes(*want.segment));
}

TEST_F(merge, a_run_of_the_order_is_a_segment_too) {
  const std::vector<SegmentView> inputs = {view(1, {"a", "c", "e"}), view(2, {"b", "d"})};
  const auto order = merge_order(inputs);
  ASSERT_TRUE(order.ok());
  const auto row = merge_segments(real_files(), folder_, {.segment = 3, .nonce = 3}, inputs,
                                  std::span(*order).subspan(1, 3), pace_);
  ASSERT_TRUE(row.ok());
  const auto merged = Segment::open(folder_, *row, fixture_schema());
  std::vector<std::string> keys;
  for (std::uint32_t i = 0; i < 3; ++i) keys.push_back((*(*merged)->keys())->key(i)->bytes);
  EXPECT_THAT(keys, ElementsAre("b", "c", "d"));
  EXPECT_TRUE((*merged)->check().ok());
}

TEST_F(merge, a_key_that_lives_twice_is_an_error) {
  const std::vector<SegmentView> inputs = {view(1, {"a", "k"}), view(2, {"k"})};
  EXPECT_THAT(merge_order(inputs).status().message(), HasSubstr("'k' lives in two segments"));
  const std::vector<SegmentView> one_dead = {view(3, {"a", "k"}, {1}), view(4, {"k"})};
  EXPECT_EQ(merge_order(one_dead)->size(), 2u);
}

}  // namespace quern::store
