#include "store/lexical/trigram_table.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "store/lexical/lexical_fixture.h"

namespace quern::store {
namespace {

/// The lists that a table writes, as bytes and opened.
struct Written {
  std::string dictionary, postings, positions;
  Dictionary opened;

  Written(const TrigramTable& table, const std::vector<std::uint32_t>& new_docs,
          std::uint32_t n_docs) {
    const std::vector<std::uint8_t> norms(n_docs);
    PostingsWriter postings_writer(TestSegment::into(postings), TestSegment::into(positions));
    DictionaryWriter dictionary_writer(TestSegment::into(dictionary));
    EXPECT_TRUE(table.write(new_docs, norms, postings_writer, dictionary_writer).ok());
    EXPECT_TRUE(dictionary_writer.finish().ok());
    opened = *Dictionary::open(bytes_of(dictionary));
  }

  std::map<std::string, std::vector<std::uint32_t>> lists(std::uint32_t n_docs) const {
    std::map<std::string, std::vector<std::uint32_t>> out;
    Dictionary::Cursor cursor = opened.begin();
    while (*cursor.next()) {
      EXPECT_EQ(cursor.field(), kTrigramField);
      EXPECT_EQ(cursor.info().ttf, cursor.info().df);
      const auto list = Postings::open(bytes_of(postings), cursor.info(), n_docs);
      BlockValues docs;
      for (std::uint32_t block = 0; block < list->n_blocks(); ++block) {
        const std::uint32_t n = list->decode_docs(block, docs);
        out[std::string(cursor.term())].insert(out[std::string(cursor.term())].end(), docs.begin(),
                                               docs.begin() + n);
      }
    }
    return out;
  }
};

std::vector<std::string> random_texts(std::size_t n, std::mt19937& random) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < n; ++i) {
    std::string& text = texts.emplace_back();
    for (std::size_t k = random() % 60; k > 0; --k) {
      static const char* const kParts[] = {"a", "B", "c", "\n", "Ä", "\xff", "\0", "é", "\u212A"};
      text += kParts[random() % 9];
    }
  }
  return texts;
}

}  // namespace

TEST(trigram_table, three_bytes_that_stand_together_are_listed_once_in_each_document) {
  TrigramTable table;
  table.add(0, "abcabc");
  table.add(0, "xy");  // Another field: no trigram spans both.
  table.add(1, "ABCd");
  const Written written(table, {0, 1}, 2);
  const auto lists = written.lists(2);
  EXPECT_EQ(lists.size(), 4u);
  EXPECT_EQ(lists.at("abc"), (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(lists.at("bca"), (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(lists.at("bcd"), (std::vector<std::uint32_t>{1}));
}

TEST(trigram_table, what_is_written_is_what_the_texts_have_in_whatever_order_they_came) {
  std::mt19937 random(5);
  const auto texts = random_texts(500, random);
  std::vector<std::uint32_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0u);
  TrigramTable in_order;
  for (std::uint32_t doc = 0; doc < texts.size(); ++doc) in_order.add(doc, texts[doc]);
  const Written want(in_order, order, 500);

  std::shuffle(order.begin(), order.end(), random);
  TrigramTable table;
  std::vector<std::uint32_t> new_docs;
  for (const std::uint32_t doc : order) {
    if (doc % 9 == 0) {  // Replaced later.
      table.add(static_cast<std::uint32_t>(new_docs.size()), "something else");
      new_docs.push_back(kNoDoc);
    }
    table.add(static_cast<std::uint32_t>(new_docs.size()), texts[doc]);
    new_docs.push_back(doc);
  }
  const Written written(table, new_docs, 500);
  EXPECT_EQ(written.dictionary, want.dictionary);
  EXPECT_EQ(written.postings, want.postings);

  std::map<std::string, std::vector<std::uint32_t>> expected;
  for (std::uint32_t doc = 0; doc < texts.size(); ++doc) {
    std::string folded;
    for (std::size_t i = 0; i < texts[doc].size();) {  // The parts above, one by one.
      const std::string_view rest = std::string_view(texts[doc]).substr(i);
      const std::size_t n = rest.starts_with("\u212A") ? 3 : rest[0] == '\xc3' ? 2 : 1;
      const std::string_view part = rest.substr(0, n);
      folded += part == "B" ? "b" : part == "Ä" ? "ä" : part == "\u212A" ? "k" : part;
      i += n;
    }
    std::set<std::string> distinct;
    for (std::size_t i = 0; i + 3 <= folded.size(); ++i) distinct.insert(folded.substr(i, 3));
    for (const std::string& trigram : distinct) expected[trigram].push_back(doc);
  }
  EXPECT_EQ(want.lists(500), expected);
}

TEST(trigram_table, it_says_what_it_holds_and_will_take) {
  TrigramTable table;
  std::mt19937 random(6);
  std::size_t n_bytes = 0;
  for (std::uint32_t doc = 0; doc < 2000; ++doc) {
    std::string text;
    for (int i = 0; i < 100; ++i) text.push_back(static_cast<char>('a' + random() % 26));
    std::vector<bool> seen(TrigramTable::kTrigrams, false);
    const std::size_t n_new = TrigramTable::count_new(text, seen);
    EXPECT_LE(n_new, text.size());
    const std::size_t bound = table.bytes() + table.growth_bytes(n_new, text.size());
    table.add(doc, text);
    ASSERT_LE(table.bytes(), bound) << doc;
    n_bytes += text.size();
  }
  EXPECT_GE(table.bytes(), n_bytes * 8);
}

}  // namespace quern::store
