#include "store/lexical/lexical_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/lexical/lexical_fixture.h"

namespace quern::store {
namespace {

using ::testing::HasSubstr;

Result<std::int64_t> ten(int, std::string_view) { return std::int64_t{10}; }

const std::vector<FieldStats> kFields = {{.n_docs = 100, .n_tokens = 1000}};

Status prepare_one(QueryPart part) {
  LexicalQuery query = {.clauses = {{.parts = {std::move(part)}}}};
  return prepare({}, kFields, ten, query);
}

TEST(lexical_query, terms_that_come_twice_weigh_their_sum) {
  LexicalQuery query = {
      .clauses = {clause_of("a"), clause_of("b"), clause_of("a"), clause_of("a", Occur::kMust)}};
  ASSERT_TRUE(prepare({}, kFields, ten, query).ok());
  ASSERT_EQ(query.clauses.size(), 3u);
  const float idf = bm25_idf(100, 10);
  EXPECT_EQ(query.clauses[0].parts[0].terms[0], "a");
  EXPECT_FLOAT_EQ(query.clauses[0].parts[0].weight, 2 * idf);
  EXPECT_FLOAT_EQ(query.clauses[1].parts[0].weight, idf);
  EXPECT_EQ(query.clauses[2].occur, Occur::kMust);
}

TEST(lexical_query, a_phrase_weighs_the_sum_of_its_terms_and_a_prefix_its_boost) {
  LexicalQuery query = {
      .clauses = {
          {.parts = {{.match = TermMatch::kPhrase, .terms = {"a", "b"}, .offsets = {0, 1}}}},
          {.parts = {{.match = TermMatch::kPrefix, .terms = {"a"}, .boost = 3}}}}};
  ASSERT_TRUE(prepare({}, kFields, ten, query).ok());
  EXPECT_FLOAT_EQ(query.clauses[0].parts[0].weight, 2 * bm25_idf(100, 10));
  EXPECT_FLOAT_EQ(query.clauses[1].parts[0].weight, 3);
}

TEST(lexical_query, what_is_wrong_is_named) {
  EXPECT_THAT(prepare_one({.field = 1, .terms = {"a"}}).message(),
              HasSubstr("field 1, want one of 1"));
  EXPECT_THAT(prepare_one({.terms = {"a"}, .boost = 65}).message(), HasSubstr("a boost of 65"));
  EXPECT_THAT(prepare_one({.terms = {"a"}, .boost = 0}).message(), HasSubstr("a boost of 0"));
  EXPECT_THAT(prepare_one({.terms = {}}).message(), HasSubstr("0 terms, want one"));
  EXPECT_THAT(
      prepare_one({.match = TermMatch::kPhrase, .terms = {"a", "b"}, .offsets = {1, 0}}).message(),
      HasSubstr("do not ascend"));
  EXPECT_THAT(prepare_one({.terms = {std::string(1025, 'x')}}).message(), HasSubstr("1025 bytes"));

  LexicalQuery nothing = {.clauses = {clause_of("a", Occur::kMustNot)}};
  EXPECT_THAT(prepare({}, kFields, ten, nothing).message(), HasSubstr("looks for nothing"));
  LexicalQuery repeated = {.clauses = std::vector<QueryClause>(1025, clause_of("a"))};
  EXPECT_TRUE(prepare({}, kFields, ten, repeated).ok());
  LexicalQuery too_often = {.clauses = std::vector<QueryClause>(65537, clause_of("a"))};
  EXPECT_THAT(prepare({}, kFields, ten, too_often).message(),
              HasSubstr("boosted by 65537 together"));
  LexicalQuery many;
  for (int i = 0; i < 1025; ++i) many.clauses.push_back(clause_of("t" + std::to_string(i)));
  EXPECT_THAT(prepare({}, kFields, ten, many).message(), HasSubstr("1025 terms, at most 1024"));
}

TEST(lexical_query, phrases_and_prefixes_that_would_hold_much_are_refused) {
  LexicalQuery query;
  for (int i = 0; i < 33; ++i) {
    query.clauses.push_back(
        {.parts = {{.match = TermMatch::kPrefix, .terms = {"t" + std::to_string(i)}}}});
  }
  EXPECT_THAT(prepare({}, kFields, ten, query).message(), HasSubstr("33 phrases and prefixes"));
  query.clauses.pop_back();
  EXPECT_TRUE(prepare({}, kFields, ten, query).ok());
}

TEST(lexical_query, an_error_of_the_statistics_is_passed_on) {
  LexicalQuery query = {.clauses = {clause_of("a")}};
  const LiveDf broken = [](int, std::string_view) -> Result<std::int64_t> {
    return Status(Code::kIo, "gone");
  };
  EXPECT_EQ(prepare({}, kFields, broken, query).message(), "gone");
}

}  // namespace
}  // namespace quern::store
