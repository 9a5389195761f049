#include "store/lexical/lexical_search.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/lexical/lexical_fixture.h"

namespace quern::store {
namespace {

LexicalQuery prepared(const TestSegment& segment, std::vector<QueryClause> clauses,
                      const Bm25Parameters& parameters = {}) {
  LexicalQuery query = {.clauses = std::move(clauses)};
  const Status status = prepare(parameters, segment.stats, df_in(segment), query);
  EXPECT_TRUE(status.ok()) << status.message();
  return query;
}

std::vector<ScoredDoc> search(const TestSegment& segment, const LexicalQuery& query,
                              const SearchLimits& limits = {}) {
  const auto found = search_part(segment.part, query, limits);
  EXPECT_TRUE(found.ok()) << found.status().message();
  return found.ok() ? *found : std::vector<ScoredDoc>();
}

std::vector<std::uint32_t> docs_of(const std::vector<ScoredDoc>& found) {
  std::vector<std::uint32_t> docs;
  for (const ScoredDoc& hit : found) docs.push_back(hit.doc);
  return docs;
}

using Docs = std::vector<std::uint32_t>;

TEST(lexical_search, scores_of_a_worked_example) {
  // Three documents of 2, 4 and 3 tokens: "cat" is in two of them, "sat" in one.
  const auto segment =
      make_segment({{{"the", "cat"}}, {{"cat", "and", "cat", "sat"}}, {{"a", "dog", "ran"}}});
  const auto found = search(*segment, prepared(*segment, {clause_of("cat"), clause_of("sat")}));
  ASSERT_EQ(docs_of(found), (Docs{1, 0}));
  const double idf_cat = std::log(1 + 1.5 / 2.5);
  const double idf_sat = std::log(1 + 2.5 / 1.5);
  const double long_part = 1.2 * (0.25 + 0.75 * 4 / 3);
  const double short_part = 1.2 * (0.25 + 0.75 * 2 / 3);
  EXPECT_NEAR(found[0].score, idf_cat * 2 / (2 + long_part) + idf_sat / (1 + long_part), 1e-6);
  EXPECT_NEAR(found[1].score, idf_cat / (1 + short_part), 1e-6);
}

TEST(lexical_search, of_equal_scores_the_first_document_comes_first) {
  const std::vector<TestDocument> documents(500, {{"same", "words"}});
  const auto segment = make_segment(documents);
  const auto found = search(*segment, prepared(*segment, {clause_of("same"), clause_of("words")}),
                            {.n_wanted = 3});
  EXPECT_EQ(docs_of(found), (Docs{0, 1, 2}));
}

TEST(lexical_search, required_and_forbidden_clauses) {
  const auto segment = make_segment({{{"a", "b"}}, {{"a"}}, {{"b", "c"}}, {{"a", "c"}}});
  const auto with = [&](std::vector<QueryClause> clauses) {
    auto docs = docs_of(search(*segment, prepared(*segment, std::move(clauses))));
    std::sort(docs.begin(), docs.end());
    return docs;
  };
  EXPECT_EQ(with({clause_of("a", Occur::kMust), clause_of("c")}), (Docs{0, 1, 3}));
  EXPECT_EQ(with({clause_of("a", Occur::kMust), clause_of("b", Occur::kMust)}), (Docs{0}));
  EXPECT_EQ(with({clause_of("a"), clause_of("b"), clause_of("c", Occur::kMustNot)}), (Docs{0, 1}));
  EXPECT_EQ(with({clause_of("none", Occur::kMust), clause_of("a")}), Docs{});
  EXPECT_EQ(with({clause_of("none")}), Docs{});
}

TEST(lexical_search, a_clause_of_several_fields_scores_their_sum) {
  const auto segment = make_segment({{{"x"}, {"y"}}, {{"x"}, {"x"}}, {{"y"}, {"x"}}}, 2);
  QueryClause either = clause_of("x", Occur::kMust);
  either.parts.push_back({.field = 1, .terms = {"x"}, .boost = 2});
  const auto found = search(*segment, prepared(*segment, {either}));
  EXPECT_EQ(docs_of(found), (Docs{1, 2, 0}));
  EXPECT_EQ(found[0].score, found[1].score + found[2].score);
}

TEST(lexical_search, what_is_not_allowed_or_below_the_least_score_is_left_out) {
  const auto segment = make_segment({{{"a"}}, {{"a", "a"}}, {{"a", "b", "c"}}});
  const LexicalQuery query = prepared(*segment, {clause_of("a")});
  const std::vector<std::uint64_t> allowed = {0b101};
  EXPECT_EQ(docs_of(search(*segment, query, {.allowed = allowed})), (Docs{0, 2}));
  const auto all = search(*segment, query);
  EXPECT_EQ(search(*segment, query, {.min_score = all[1].score}),
            std::vector<ScoredDoc>(all.begin(), all.begin() + 2));
  EXPECT_TRUE(search(*segment, query, {.n_wanted = 0}).empty());
}

QueryPart random_part(std::mt19937& random, int n_terms, int n_fields) {
  const auto term = [&] {
    return "t" + std::to_string(random() % static_cast<unsigned>(n_terms + 1));
  };
  QueryPart part = {.field = static_cast<int>(random() % static_cast<unsigned>(n_fields)),
                    .terms = {term()},
                    .boost = 0.25f * static_cast<float>(1 + random() % 16)};
  if (random() % 8 == 0) part.match = TermMatch::kPrefix;
  if (random() % 8 == 0) {
    part.match = TermMatch::kPhrase;
    part.terms.push_back(term());
    part.offsets = {0, 1 + static_cast<std::uint32_t>(random() % 2)};
    part.slop = static_cast<std::uint32_t>(random() % 3);
  }
  return part;
}

TEST(lexical_search, the_fast_way_finds_what_the_exhaustive_one_does_to_the_last_bit) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    const int n_fields = 1 + static_cast<int>(random() % 2);
    const int n_terms = 2 + static_cast<int>(random() % 60);
    const std::size_t n_docs = seed % 4 == 0 ? 20000 : 1 + random() % 3000;
    const auto segment =
        make_segment(random_documents(n_docs, static_cast<std::size_t>(n_fields), n_terms, random),
                     static_cast<std::size_t>(n_fields));
    std::vector<std::uint64_t> allowed((n_docs + 63) / 64);
    for (auto& word : allowed) word = (std::uint64_t{random()} << 32 | random()) & random();
    for (int round = 0; round < 30; ++round) {
      std::vector<QueryClause> clauses(1 + random() % 6);
      for (QueryClause& clause : clauses) {
        clause.occur = random() % 5 == 0   ? Occur::kMust
                       : random() % 9 == 0 ? Occur::kMustNot
                                           : Occur::kShould;
        for (std::size_t i = 1 + random() % 2; i > 0; --i) {
          clause.parts.push_back(random_part(random, n_terms, n_fields));
        }
      }
      clauses[0].occur = random() % 2 == 0 ? Occur::kShould : Occur::kMust;
      const LexicalQuery query = prepared(*segment, clauses, {.k1 = 0.9f, .b = 0.4f});
      SearchLimits limits = {.n_wanted = static_cast<std::uint32_t>(1 + random() % 30)};
      if (random() % 3 == 0) limits.allowed = allowed;
      if (random() % 5 == 0) limits.n_wanted = 1000;
      const auto want = search_exhaustively(segment->part, query, limits);
      ASSERT_TRUE(want.ok()) << want.status().message();
      if (want->size() > 2 && random() % 2 == 0) limits.min_score = (*want)[want->size() / 2].score;
      auto cut = *want;
      std::erase_if(cut, [&](const ScoredDoc& hit) { return hit.score < limits.min_score; });
      ASSERT_EQ(search(*segment, query, limits), cut) << "seed " << seed << " round " << round;
    }
  }
}

TEST(lexical_search, counts_beyond_what_a_bound_says_cut_nothing_off) {
  std::mt19937 random(3);
  for (const std::size_t n_more : {0, 200}) {
    std::vector<TestDocument> documents;
    for (int i = 0; i < 2'176; ++i) {
      documents.push_back(
          {std::vector<std::string>(300 + (n_more > 0 ? random() % n_more : 0), "x")});
    }
    const auto segment = make_segment(documents);
    const LexicalQuery query = prepared(*segment, {clause_of("x")});
    for (const std::uint32_t n_wanted : {1u, 10u}) {
      const auto want = *search_exhaustively(segment->part, query, {.n_wanted = n_wanted});
      EXPECT_EQ(want.size(), n_wanted);
      EXPECT_EQ(search(*segment, query, {.n_wanted = n_wanted}), want);
    }
  }
}

TEST(lexical_search, a_head_of_a_document_beyond_the_last_is_an_error) {
  const auto segment = make_segment(std::vector<TestDocument>(128, {{"x"}}));
  const LexicalQuery query = prepared(*segment, {clause_of("x")});
  ASSERT_GE(segment->postings.size(), kHeadBytes);
  segment->postings.replace(segment->postings.size() - kHeadBytes, 4, "\xff\xff\xff\xff");
  ASSERT_TRUE(segment->open().ok());
  EXPECT_FALSE(search_part(segment->part, query, {}).ok());
  EXPECT_FALSE(search_exhaustively(segment->part, query, {}).ok());
}

TEST(lexical_search, damaged_postings_are_an_error_or_an_answer_and_never_a_crash) {
  std::mt19937 random(3);
  const auto segment = make_segment(random_documents(2000, 1, 20, random));
  const LexicalQuery query = prepared(
      *segment,
      {clause_of("t0"),
       clause_of("t1"),
       clause_of("t15"),
       {.parts = {{.match = TermMatch::kPhrase, .terms = {"t0", "t1"}, .offsets = {0, 1}}}}});
  const std::string postings = segment->postings;
  const std::string positions = segment->positions;
  int n_errors = 0;
  for (int round = 0; round < 3000; ++round) {
    segment->postings = postings;
    segment->positions = positions;
    for (std::size_t i = 1 + random() % 3; i > 0; --i) {
      segment->postings[random() % postings.size()] = static_cast<char>(random());
      segment->positions[random() % positions.size()] = static_cast<char>(random());
    }
    if (random() % 4 == 0) segment->postings.resize(random() % postings.size());
    ASSERT_TRUE(segment->open().ok());
    n_errors += search_part(segment->part, query, {}).ok() ? 0 : 1;
    n_errors += search_exhaustively(segment->part, query, {}).ok() ? 0 : 1;
  }
  EXPECT_GT(n_errors, 500);
}

}  // namespace
}  // namespace quern::store
