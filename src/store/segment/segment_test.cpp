#include "store/segment/segment.h"

#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/segment/segment_writer.h"
#include "store/store_fixture.h"

namespace quern::store {
namespace {

using testing::HasSubstr;

class segment : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    auto writer = SegmentWriter::create(fixture_schema());
    ASSERT_TRUE(writer.ok());
    for (int i = 0; i < 300; ++i) writer->add(fixture_document(std::to_string(i), 1));
    auto row = writer->finish(real_files(), folder_, {.segment = 1, .nonce = 2});
    ASSERT_TRUE(row.ok());
    row_ = *row;
    whole_ = read(path(row_.file));
  }

  Result<std::shared_ptr<const Segment>> open() {
    return Segment::open(folder_, row_, fixture_schema());
  }

  SegmentRow row_;
  std::string whole_;
};

}  // namespace

TEST_F(segment, another_schema_is_refused) {
  Schema schema = fixture_schema();
  schema.fields.push_back({.name = "more", .analyzer = "simple"});
  EXPECT_THAT(Segment::open(folder_, row_, schema).status().message(),
              HasSubstr("has no section 'lengths' of 2"));
  schema = fixture_schema();
  schema.attributes[0].type = AttributeType::kDate;
  EXPECT_THAT(Segment::open(folder_, row_, schema).status().message(),
              HasSubstr("the schema has no integer 'year'"));
}

TEST_F(segment, damage_is_named_where_it_is_touched_and_by_the_check) {
  const auto right = open();
  ASSERT_TRUE(right.ok() && (*right)->check().ok());
  for (const Section& section : (*right)->container().sections()) {
    if (section.n_bytes == 0) continue;
    std::string changed = whole_;
    changed[section.offset + section.n_bytes / 2] ^= 1;
    write(path(row_.file), changed);
    const auto damaged = open();
    ASSERT_TRUE(damaged.ok()) << damaged.status().message();  // Its ends are right.
    EXPECT_THAT((*damaged)->check().message(), HasSubstr(row_.file));
    EXPECT_FALSE((*damaged)->keys().ok() && (*damaged)->whole_lexical().ok() &&
                 (*damaged)->lengths(0).ok() && (*damaged)->attributes().ok() &&
                 (*damaged)->stored_text().check().ok());
  }
}

TEST_F(segment, a_search_is_told_of_a_damaged_list) {
  TermInfo cats;
  Section postings;
  {
    const auto right = open();
    const auto found = (*(*right)->lexical())->dictionary.find(1, "cats");
    ASSERT_TRUE(found.ok() && found->has_value());
    cats = **found;
    postings = *(*right)->container().find(SectionKind::kPostings);
    EXPECT_TRUE((*right)->check_list(cats).ok());
    TermInfo outside = cats;
    outside.postings_offset = std::uint64_t{1} << 40;
    EXPECT_THAT((*right)->check_list(outside).message(), HasSubstr("a list of"));
  }
  std::string changed = whole_;
  changed[postings.offset + cats.postings_offset] ^= 1;
  write(path(row_.file), changed);
  EXPECT_THAT((*open())->check_list(cats).message(), HasSubstr("is damaged between bytes"));
}

TEST_F(segment, any_damage_is_an_error_and_no_crash) {
  std::mt19937 random(1);
  for (int round = 0; round < 100; ++round) {
    std::string changed = whole_;
    changed[random() % changed.size()] ^= static_cast<char>(1 + random() % 255);
    if (round % 4 == 0) changed.resize(random() % changed.size());
    write(path(row_.file), changed);
    const auto damaged = open();
    EXPECT_FALSE(damaged.ok() && (*damaged)->check().ok());
  }
}

// What sums do not see: content that was written wrong.
TEST_F(segment, content_that_contradicts_itself_is_found) {
  SegmentContent content{.n_docs = 1, .lengths = {{1}, {0}}};
  content.write_keys = [](KeyWriter& keys) { return keys.add("a", 0); };
  content.write_text = [](StoredTextWriter& text) {
    const std::string fields[] = {"x", ""};
    return text.add(fields, "");
  };
  int field = 0;
  content.write_terms = [&](NormsByField norms, PostingsWriter& postings,
                            DictionaryWriter& dictionary) -> Status {
    postings.start_term(norms[0]);
    QUERN_TRY(postings.add(0, 1, {}));
    QUERN_ASSIGN(const TermInfo info, postings.finish_term());
    return dictionary.add(term_key(field, "x"), info);
  };
  std::vector<std::vector<AttributeValue>> values(1);
  content.attributes = [&] { return bytes_from_attributes(fixture_schema().attributes, values); };
  const auto message = [&](std::uint64_t nonce) {
    const auto row = write_segment(real_files(), folder_, {.segment = 5, .nonce = nonce}, content);
    EXPECT_TRUE(row.ok());
    return (*Segment::open(folder_, *row, fixture_schema()))->check().message();
  };
  EXPECT_EQ(message(1), "");
  field = 7;
  EXPECT_THAT(message(2), HasSubstr("a term of field 7, there are 2"));
}

}  // namespace quern::store
