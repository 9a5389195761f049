#include "store/lexical/term_table.h"

#include <algorithm>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "store/lexical/lexical_fixture.h"

namespace quern::store {
namespace {

TEST(term_table, documents_in_another_order_give_the_same_bytes_as_in_that_order) {
  std::mt19937 random(1);
  const auto documents = random_documents(400, 2, 30, random);
  const auto want = make_segment(documents, 2);

  std::vector<std::uint32_t> new_docs(documents.size());
  std::iota(new_docs.begin(), new_docs.end(), 0u);
  std::shuffle(new_docs.begin(), new_docs.end(), random);
  // Some come twice, at first with other words: the last one counts.
  TermTable table;
  std::vector<std::uint32_t> map;
  for (const std::uint32_t doc : new_docs) {
    if (doc % 7 == 0) {
      table.add(0, static_cast<std::uint32_t>(map.size()), "elsewhere", 0);
      map.push_back(kNoDoc);
    }
    for (int field = 0; field < 2; ++field) {
      const auto& tokens = documents[doc][static_cast<std::size_t>(field)];
      for (std::uint32_t i = 0; i < tokens.size(); ++i) {
        table.add(field, static_cast<std::uint32_t>(map.size()), tokens[i], i);
      }
    }
    map.push_back(doc);
  }
  std::string dictionary, postings, positions;
  PostingsWriter postings_writer(TestSegment::into(postings), TestSegment::into(positions));
  DictionaryWriter dictionary_writer(TestSegment::into(dictionary));
  const std::vector<int> with_positions = {0, 1};
  ASSERT_TRUE(
      table.write(map, want->part.norms, with_positions, postings_writer, dictionary_writer).ok());
  ASSERT_TRUE(dictionary_writer.finish().ok());
  EXPECT_EQ(dictionary, want->dictionary);
  EXPECT_EQ(postings, want->postings);
  EXPECT_EQ(positions, want->positions);
}

TEST(term_table, a_field_without_positions_has_counts_only) {
  TermTable table;
  table.add(0, 0, "a", 0);
  table.add(0, 0, "a", 1);
  table.add(1, 0, "a", 0);
  std::string dictionary, postings, positions;
  PostingsWriter postings_writer(TestSegment::into(postings), TestSegment::into(positions));
  DictionaryWriter dictionary_writer(TestSegment::into(dictionary));
  const std::vector<std::uint8_t> norm = {2};
  const std::vector<std::span<const std::uint8_t>> norms = {norm, norm};
  const std::vector<std::uint32_t> map = {0};
  const std::vector<int> with_positions = {1};
  ASSERT_TRUE(table.write(map, norms, with_positions, postings_writer, dictionary_writer).ok());
  ASSERT_TRUE(dictionary_writer.finish().ok());
  const auto opened = Dictionary::open(bytes_of(dictionary));
  EXPECT_EQ((*opened->find(0, "a"))->ttf, 2u);
  EXPECT_EQ((*opened->find(0, "a"))->positions_bytes, 0u);
  EXPECT_EQ((*opened->find(1, "a"))->positions_bytes, 1u);
}

TEST(term_table, it_says_what_it_holds_and_will_take) {
  TermTable table;
  const std::size_t empty = table.bytes();
  for (std::uint32_t doc = 0; doc < 100; ++doc) {
    const std::size_t bound =
        table.bytes() + table.growth_bytes({.n_tokens = 100, .n_terms = 100, .n_term_bytes = 600});
    for (std::uint32_t i = 0; i < 100; ++i) {
      table.add(0, doc, "t" + std::to_string(doc % 10 * 100 + i), i);
    }
    ASSERT_LE(table.bytes(), bound) << doc;
  }
  EXPECT_GE(table.bytes() - empty, 10000u * 16);
  EXPECT_EQ(table.n_tokens(), 10000u);
  // What has room takes only what is written of it.
  EXPECT_LE(table.growth_bytes({.n_tokens = 1, .n_terms = 0, .n_term_bytes = 0}), 64u);
}

TEST(term_table, what_a_sink_refuses_is_passed_on) {
  TermTable table;
  for (std::uint32_t doc = 0; doc < 300; ++doc) table.add(0, doc, "a", 0);
  const auto full = [](std::span<const std::byte>) { return Status(Code::kIo, "disk full"); };
  PostingsWriter postings(full, full);
  std::string out;
  DictionaryWriter dictionary(TestSegment::into(out));
  const std::vector<std::uint8_t> norm(300, 1);
  const std::vector<std::span<const std::uint8_t>> norms = {norm};
  std::vector<std::uint32_t> map(300);
  std::iota(map.begin(), map.end(), 0u);
  EXPECT_EQ(table.write(map, norms, {}, postings, dictionary).message(), "disk full");
}

}  // namespace
}  // namespace quern::store
