#include "store/segment/segment_writer.h"

#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/segment/segment.h"
#include "store/store_fixture.h"

namespace quern::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class segment_writer : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    auto made = SegmentWriter::create(fixture_schema());
    ASSERT_TRUE(made.ok()) << made.status().message();
    writer_.emplace(std::move(*made));
  }

  std::shared_ptr<const Segment> finish() {
    auto row = writer_->finish(real_files(), folder_, {.segment = 3, .nonce = 9});
    EXPECT_TRUE(row.ok()) << row.status().message();
    row_ = *row;
    auto segment = Segment::open(folder_, row_, fixture_schema());
    EXPECT_TRUE(segment.ok()) << segment.status().message();
    return *segment;
  }

  static Document document(const std::string& key, const std::string& title,
                           const std::string& text) {
    return {.key = key, .fields = {title, text}, .stored = "stored " + key};
  }

  std::optional<SegmentWriter> writer_;
  SegmentRow row_;
};

}  // namespace

TEST_F(segment_writer, documents_come_out_in_order_with_their_terms) {
  writer_->add(document("b", "The cats", "cell"));
  writer_->add(document("a", "", "cell cell wall"));
  EXPECT_THAT(writer_->keys(), ElementsAre("a", "b"));
  const auto segment = finish();
  EXPECT_EQ(row_.file, "3-0000000000000009.qsg");
  EXPECT_EQ(row_.fields,
            (std::vector<FieldStats>{{.n_docs = 1, .n_tokens = 1}, {.n_docs = 2, .n_tokens = 4}}));
  EXPECT_TRUE(segment->check().ok());
  EXPECT_EQ((*segment->keys())->key(0)->bytes, "a");
  EXPECT_EQ((*segment->lengths(1))->length(0), 3u);
  EXPECT_EQ(segment->stored_text().read(1)->fields[0], "The cats");
  const LexicalPart& part = **segment->lexical();
  EXPECT_EQ((*part.dictionary.find(0, "cat"))->df, 1u);
  EXPECT_EQ((*part.dictionary.find(1, "cell"))->df, 2u);
  EXPECT_EQ((*part.dictionary.find(1, "cell"))->ttf, 3u);
  EXPECT_EQ((*part.dictionary.find(1, "cell"))->positions_bytes, 0u);  // As the schema says.
  EXPECT_GT((*part.dictionary.find(0, "cat"))->positions_bytes, 0u);
  EXPECT_EQ(writer_->n_docs(), 0u);
  EXPECT_THAT(*list_folder(folder_), ElementsAre(row_.file));
}

TEST_F(segment_writer, attributes_go_with_their_documents) {
  Document b = document("b", "x", "y");
  b.attributes = {{1, "rust", 0}, {0, "", 2020}, {1, "cpp", 0}};
  Document a = document("a", "x", "y");
  a.attributes = {{1, "ada", 0}};
  EXPECT_GT(writer_->most_bytes(b), writer_->most_bytes(document("b", "x", "y")));
  writer_->add(b);
  writer_->add(a);
  writer_->add(document("a", "x", "y"));  // Its "ada" goes.
  const auto segment = finish();
  ASSERT_TRUE(segment->check().ok());
  const Attributes& columns = **segment->attributes();
  EXPECT_EQ(columns.columns().size(), 2u);
  EXPECT_EQ(columns.find("lang")->n_texts(), 2u);
  const auto values = [&](std::uint32_t doc) {
    return values_of_document(columns, fixture_schema().attributes, doc);
  };
  EXPECT_THAT(values(0), ElementsAre());
  EXPECT_THAT(values(1), ElementsAre(AttributeValue{0, "", 2020}, AttributeValue{1, "cpp", 0},
                                     AttributeValue{1, "rust", 0}));
}

TEST_F(segment_writer, without_attributes_in_the_schema_the_file_has_no_section_for_them) {
  Schema schema = fixture_schema();
  schema.attributes.clear();
  auto writer = SegmentWriter::create(schema);
  writer->add(document("a", "x", "y"));
  const auto row = writer->finish(real_files(), folder_, {.segment = 4, .nonce = 1});
  const auto segment = Segment::open(folder_, *row, schema);
  ASSERT_TRUE(segment.ok()) << segment.status().message();
  EXPECT_EQ((*segment)->container().find(SectionKind::kAttributes), nullptr);
  EXPECT_EQ((*segment)->container().sections().back().kind, SectionKind::kPositions);
  EXPECT_EQ(*(*segment)->attributes(), nullptr);
  EXPECT_THAT(Segment::open(folder_, *row, fixture_schema()).status().message(),
              HasSubstr("has no section 'attributes'"));
}

TEST_F(segment_writer, replaced_and_erased_documents_leave_no_term) {
  writer_->add(document("a", "", "old"));
  writer_->add(document("a", "", "new"));
  writer_->add(document("b", "", "gone"));
  writer_->add(document("c", "", "stays"));
  EXPECT_TRUE(writer_->erase("b"));
  EXPECT_FALSE(writer_->erase("b"));
  EXPECT_EQ(writer_->n_docs(), 2u);
  const auto segment = finish();
  EXPECT_EQ(segment->n_docs(), 2u);
  const Dictionary& terms = (*segment->lexical())->dictionary;
  EXPECT_EQ(terms.n_terms(), 2u + 4u);  // And the trigrams of "new" and "stays".
  EXPECT_FALSE(terms.find(1, "old")->has_value());
  EXPECT_FALSE(terms.find(kTrigramField, "old")->has_value());
  EXPECT_TRUE(terms.find(kTrigramField, "tay")->has_value());
  EXPECT_FALSE(terms.find(1, "gone")->has_value());
  EXPECT_TRUE(segment->check().ok());
}

TEST_F(segment_writer, documents_without_a_token) {
  writer_->add(document("a", "", ""));
  writer_->add(document("b", "the", "..."));
  const auto segment = finish();
  EXPECT_EQ((*segment->lexical())->dictionary.n_terms(), 2u);  // Trigrams.
  EXPECT_FALSE((*segment->lexical())->dictionary.find(0, "the")->has_value());
  EXPECT_EQ(row_.fields[0], FieldStats());
  EXPECT_TRUE(segment->check().ok());
}

TEST_F(segment_writer, what_it_holds_is_never_more_than_was_said) {
  for (int i = 0; i < 500; ++i) {
    const Document next = fixture_document(std::to_string(i), i);
    const std::size_t bound = writer_->bytes() + writer_->most_bytes(next);
    writer_->add(next);
    ASSERT_LE(writer_->bytes(), bound) << i;
  }
  const std::size_t full = writer_->bytes();
  writer_->clear();
  EXPECT_LT(writer_->bytes(), full / 10);
}

TEST_F(segment_writer, of_a_long_document_no_more_is_said_than_it_takes) {
  std::mt19937 random(7);
  std::string text, words;
  while (text.size() < std::size_t{3} << 20) {
    text += "word" + std::to_string(random() % 20'000) + " and ";
    words += std::to_string(random()) + " ";  // All different.
  }
  Schema schema = fixture_schema();
  schema.patterns = false;
  for (const std::string& of : {text, words, std::string(text.size(), 'x')}) {
    writer_.emplace(std::move(*SegmentWriter::create(schema)));
    const Document next = document("a", "a title", of);
    const std::size_t bound = writer_->bytes() + writer_->most_bytes(next);
    writer_->add(next);
    EXPECT_LE(writer_->bytes(), bound);
    EXPECT_LE(bound, 3 * writer_->bytes());
  }
  writer_.emplace(std::move(*SegmentWriter::create(schema)));
  EXPECT_LT(writer_->most_bytes(document("a", "", text)), 12 * text.size());
}

// A word of two letters is three terms, each with its stem.
TEST_F(segment_writer, of_names_in_code_enough_is_said) {
  std::string text;
  for (char c = 'a'; c <= 'z'; ++c) {
    for (char d = 'A'; d <= 'Z'; ++d) text += {c, d, ' '};
  }
  for (const char* analyzer : {"code", "code_english", "standard", "simple"}) {
    for (const std::size_t n_times : {1, 10, 40}) {
      writer_.emplace(std::move(*SegmentWriter::create(
          {.fields = {{.name = "text", .analyzer = analyzer}}, .patterns = true})));
      std::string all;
      for (std::size_t i = 0; i < n_times; ++i) all += text;
      for (const char* key : {"a", "b"}) {
        const Document next = {.key = key, .fields = {all}, .stored = {}};
        const std::size_t bound = writer_->bytes() + writer_->most_bytes(next);
        writer_->add(next);
        EXPECT_LE(writer_->bytes(), bound) << analyzer << " " << n_times;
      }
    }
  }
}

TEST_F(segment_writer, an_unknown_analyzer_is_named) {
  const auto made = SegmentWriter::create({.fields = {{.name = "t", .analyzer = "klingon"}}});
  EXPECT_EQ(made.status().code(), Code::kBadInput);
  EXPECT_THAT(made.status().message(), HasSubstr("field 't'"));
}

TEST_F(segment_writer, a_folder_that_is_gone_is_an_error) {
  writer_->add(document("a", "x", "y"));
  EXPECT_EQ(writer_->finish(real_files(), path("no"), {.segment = 1, .nonce = 1}).status().code(),
            Code::kNotFound);
}

}  // namespace quern::store
