#include "store/lexical/trigram_search.h"

#include <random>

#include <gtest/gtest.h>

#include "store/lexical/lexical_fixture.h"

namespace quern::store {
namespace {

/// A segment of nothing but trigrams.
struct Part {
  TestSegment segment;
  std::vector<std::vector<Trigram>> trigrams;  // [n_docs], ascending

  explicit Part(const std::vector<std::string>& texts) {
    TrigramTable table;
    std::vector<std::uint32_t> new_docs;
    for (std::uint32_t doc = 0; doc < texts.size(); ++doc) {
      table.add(doc, texts[doc]);
      new_docs.push_back(doc);
      trigrams.push_back(trigrams_of(texts[doc]).trigrams);
    }
    segment.norms = {std::vector<std::uint8_t>(texts.size())};
    PostingsWriter postings(TestSegment::into(segment.postings),
                            TestSegment::into(segment.positions));
    DictionaryWriter dictionary(TestSegment::into(segment.dictionary));
    QUERN_CHECK(table.write(new_docs, segment.norms[0], postings, dictionary).ok());
    QUERN_CHECK(dictionary.finish().ok());
    QUERN_CHECK(segment.open().ok());
  }

  Bitmap docs(const TrigramQuery& query, const Bitmap& within) const {
    const auto found =
        docs_with_trigrams(segment.part, query, within, [](const TermInfo&) { return Status(); });
    EXPECT_TRUE(found.ok()) << found.status().message();
    return *found;
  }
};

TrigramQuery random_query(int depth, std::mt19937& random) {
  std::string text;
  for (std::size_t n = 3 + random() % 3; n > 0; --n) text.push_back("abcd"[random() % 4]);
  TrigramQuery query = trigrams_of(text);
  for (int i = 0; depth > 0 && i < 3; ++i) {
    TrigramQuery other = random_query(depth - 1, random);
    query = random() % 2 == 0 ? both(std::move(query), std::move(other))
                              : either(std::move(query), std::move(other));
  }
  return query;
}

}  // namespace

TEST(trigram_search, all_documents_that_fit_are_found_and_few_others) {
  std::mt19937 random(8);
  std::vector<std::string> texts;
  for (int i = 0; i < 3000; ++i) {
    std::string& text = texts.emplace_back();
    for (std::size_t n = random() % 30; n > 0; --n) text.push_back("abcd"[random() % 4]);
  }
  const Part part(texts);
  for (int round = 0; round < 200; ++round) {
    const TrigramQuery query = random_query(2, random);
    Bitmap within(3000);
    for (std::uint32_t doc = 0; doc < 3000; ++doc) {
      if (round % 3 == 0 || random() % 5 == 0) within.set(doc);
    }
    const Bitmap found = part.docs(query, within);
    std::uint32_t n_fit = 0;
    for (std::uint32_t doc = 0; doc < 3000; ++doc) {
      const bool is_one = within.has(doc) && fits(query, part.trigrams[doc]);
      n_fit += is_one ? 1 : 0;
      EXPECT_TRUE(found.has(doc) || !is_one) << text_from_query(query) << " " << texts[doc];
      EXPECT_TRUE(within.has(doc) || !found.has(doc));
    }
    // Lists are left out only where few documents are left.
    EXPECT_LE(found.count(), n_fit + 10) << text_from_query(query);
  }
}

TEST(trigram_search, a_trigram_that_no_document_has_ends_it) {
  const Part part({"abcabc", "abd"});
  EXPECT_EQ(part.docs(trigrams_of("abc"), Bitmap::all(2)).count(), 1u);
  EXPECT_EQ(part.docs(trigrams_of("abcx"), Bitmap::all(2)).count(), 0u);
  EXPECT_EQ(part.docs({}, Bitmap::all(2)).count(), 2u);
  EXPECT_EQ(part.docs({.op = TrigramOp::kNone}, Bitmap::all(2)).count(), 0u);
}

TEST(trigram_search, damage_is_said) {
  std::vector<std::string> texts(1000, "abc");
  Part part(texts);
  const auto found = docs_with_trigrams(
      part.segment.part, trigrams_of("abc"), Bitmap::all(1000),
      [](const TermInfo&) { return Status(Code::kBadInput, "a list is damaged"); });
  EXPECT_EQ(found.status().message(), "a list is damaged");
  part.segment.postings.assign(part.segment.postings.size(), '\xff');
  EXPECT_FALSE(docs_with_trigrams(part.segment.part, trigrams_of("abc"), Bitmap::all(1000),
                                  [](const TermInfo&) { return Status(); })
                   .ok());
}

}  // namespace quern::store
