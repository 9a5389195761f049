#include "store/lexical/phrase.h"

#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/lexical/lexical_fixture.h"

namespace quern::store {
namespace {

using Positions = std::vector<std::vector<std::uint32_t>>;

QueryPart phrase_of(std::vector<std::string> terms, std::uint32_t slop = 0) {
  QueryPart part = {
      .match = TermMatch::kPhrase, .terms = std::move(terms), .slop = slop, .weight = 1};
  for (std::uint32_t i = 0; i < part.terms.size(); ++i) part.offsets.push_back(i);
  return part;
}

TEST(phrase, exact_ones_count_every_place) {
  EXPECT_EQ(phrase_frequency(Positions{{0, 5, 9}, {1, 6, 8}}, phrase_of({"a", "b"})), 2);
  EXPECT_EQ(phrase_frequency(Positions{{0, 5, 9}, {7}}, phrase_of({"a", "b"})), 0);
  EXPECT_EQ(phrase_frequency(Positions{{0, 1, 2}, {0, 1, 2}}, phrase_of({"a", "a"})), 2);
  QueryPart gap = phrase_of({"state", "art"});
  gap.offsets = {0, 3};
  EXPECT_EQ(phrase_frequency(Positions{{4}, {7}}, gap), 1);
}

TEST(phrase, sloppy_ones_count_by_their_distance) {
  // Out of place by one, by two (the other way round), and too far.
  EXPECT_FLOAT_EQ(phrase_frequency(Positions{{0}, {2}}, phrase_of({"a", "b"}, 1)), 1.0f / 2);
  EXPECT_FLOAT_EQ(phrase_frequency(Positions{{1}, {0}}, phrase_of({"a", "b"}, 2)), 1.0f / 3);
  EXPECT_FLOAT_EQ(phrase_frequency(Positions{{0}, {4}}, phrase_of({"a", "b"}, 2)), 0);
  EXPECT_FLOAT_EQ(phrase_frequency(Positions{{0, 10}, {1, 12}}, phrase_of({"a", "b"}, 1)),
                  1 + 1.0f / 2);
  EXPECT_FLOAT_EQ(phrase_frequency(Positions{{3}, {3}}, phrase_of({"a", "a"}, 5)), 0);
}

TEST(phrase, random_documents_match_where_their_tokens_do) {
  std::mt19937 random(1);
  const auto documents = random_documents(3000, 1, 8, random);
  const auto segment = make_segment(documents);
  const InverseNorms inverse = inverse_norms({}, segment->stats[0]);
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> terms;
    for (std::size_t i = 2 + random() % 2; i > 0; --i) {
      terms.push_back("t" + std::to_string(random() % 8));
    }
    const auto found = find_phrase(segment->part, phrase_of(terms), inverse);
    ASSERT_TRUE(found.ok()) << found.status().message();
    std::vector<ScoredDoc> want;
    for (std::uint32_t doc = 0; doc < documents.size(); ++doc) {
      const auto& tokens = documents[doc][0];
      int n = 0;
      for (std::size_t i = 0; i + terms.size() <= tokens.size(); ++i) {
        n +=
            std::equal(terms.begin(), terms.end(), tokens.begin() + static_cast<std::ptrdiff_t>(i));
      }
      if (n == 0) continue;
      const auto norm = segment->norms[0][doc];
      want.push_back({bm25_part(1, static_cast<float>(n), inverse[norm]), doc});
    }
    EXPECT_EQ(*found, want);
  }
}

TEST(phrase, a_prefix_finds_every_term_that_begins_so_and_scores_its_weight) {
  const auto segment = make_segment({{{"car"}}, {{"cart", "card"}}, {{"ca"}}, {{"dog"}}});
  const auto found =
      find_prefix(segment->part, {.match = TermMatch::kPrefix, .terms = {"car"}, .weight = 2});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, (std::vector<ScoredDoc>{{2, 0}, {2, 1}}));
}

TEST(phrase, a_prefix_of_too_many_terms_is_refused) {
  std::vector<TestDocument> documents;
  for (int i = 0; i <= kMaxPrefixTerms; ++i) documents.push_back({{"x" + std::to_string(i)}});
  const auto segment = make_segment(documents);
  const auto found = find_prefix(segment->part, {.match = TermMatch::kPrefix, .terms = {"x"}});
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.status().message(), "more than 1024 terms begin with 'x'");
}

TEST(phrase, a_field_without_positions_says_so) {
  TermTable table;
  table.add(0, 0, "a", 0);
  table.add(0, 0, "b", 1);
  TestSegment segment;
  segment.norms = {{2}};
  PostingsWriter postings(TestSegment::into(segment.postings),
                          TestSegment::into(segment.positions));
  DictionaryWriter dictionary(TestSegment::into(segment.dictionary));
  const std::vector<std::span<const std::uint8_t>> norms(segment.norms.begin(),
                                                         segment.norms.end());
  const std::vector<std::uint32_t> map = {0};
  ASSERT_TRUE(table.write(map, norms, {}, postings, dictionary).ok());
  ASSERT_TRUE(dictionary.finish().ok() && segment.open().ok());
  const auto found = find_phrase(segment.part, phrase_of({"a", "b"}), inverse_norms({}, {}));
  ASSERT_FALSE(found.ok());
  EXPECT_THAT(found.status().message(), testing::HasSubstr("keeps no positions"));
}

}  // namespace
}  // namespace quern::store
