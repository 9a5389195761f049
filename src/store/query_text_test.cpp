#include "store/query_text.h"

#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace quern::store {
namespace {

// Two fields: "title" has positions and boost 2, "text" neither.
Schema schema_of(std::string analyzer = "english") {
  return {.fields = {{.name = "title", .analyzer = analyzer, .boost = 2},
                     {.name = "text", .analyzer = analyzer}}};
}

Result<LexicalQuery> parse(std::string_view text, const Schema& schema, QuerySyntax syntax) {
  std::vector<text::Analyzer> analyzers;
  for (const TextField& field : schema.fields) analyzers.emplace_back(field.analyzer);
  return query_from_text(text, schema, analyzers, syntax);
}

// "+0:run|1:run" for a clause that must match in field 0 or 1; "a_b~2" for a phrase, "a*" a prefix.
std::vector<std::string> shown(const Result<LexicalQuery>& query) {
  std::vector<std::string> out;
  if (!query.ok()) return {query.status().message()};
  for (const QueryClause& clause : query->clauses) {
    std::string text = clause.occur == Occur::kMust      ? "+"
                       : clause.occur == Occur::kMustNot ? "-"
                                                         : "";
    for (const QueryPart& part : clause.parts) {
      if (&part != &clause.parts[0]) text += "|";
      text += fmt::format("{}:", part.field);
      for (std::size_t i = 0; i < part.terms.size(); ++i) {
        text += (i > 0 ? "_" : "") + part.terms[i];
      }
      if (part.match == TermMatch::kPrefix) text += "*";
      if (part.slop > 0) text += fmt::format("~{}", part.slop);
    }
    out.push_back(text);
  }
  return out;
}

using Clauses = std::vector<std::string>;

TEST(query_text, plain_words_are_terms_of_each_field_whatever_signs_there_are) {
  EXPECT_EQ(shown(parse("The +running -cats\"", schema_of(), QuerySyntax::kPlain)),
            (Clauses{"0:run", "0:cat", "1:run", "1:cat"}));
  EXPECT_EQ(shown(parse("the of", schema_of(), QuerySyntax::kPlain)), Clauses{});
}

TEST(query_text, operators_require_forbid_and_bind) {
  EXPECT_EQ(shown(parse("+Dogs -cats fast run* \"Big cells\" \"a big cell\"~2", schema_of(),
                        QuerySyntax::kOperators)),
            (Clauses{"+0:dog|1:dog", "-0:cat|1:cat", "0:fast", "1:fast", "0:run*|1:run*",
                     "0:big_cell|1:big_cell", "0:big_cell~2|1:big_cell~2"}));
}

TEST(query_text, a_gap_in_a_phrase_stays_a_gap) {
  const auto query = parse("\"state of the art\"", schema_of(), QuerySyntax::kOperators);
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->clauses[0].parts[0].offsets, (std::vector<std::uint32_t>{0, 3}));
  EXPECT_EQ(query->clauses[0].parts[0].boost, 2);
}

TEST(query_text, a_word_of_several_terms_is_a_phrase_where_it_must_match) {
  EXPECT_EQ(shown(parse("+wi-fi", schema_of("standard"), QuerySyntax::kOperators)),
            (Clauses{"+0:wi_fi|1:wi_fi"}));
  EXPECT_EQ(shown(parse("+getSize", schema_of("code"), QuerySyntax::kOperators)),
            (Clauses{"+0:get_size|1:get_size"}));
  EXPECT_EQ(shown(parse("getSize", schema_of("code"), QuerySyntax::kOperators)),
            (Clauses{"0:getsize", "0:get", "0:size", "1:getsize", "1:get", "1:size"}));
}

TEST(query_text, what_cannot_be_meant_is_refused) {
  Schema schema = schema_of();
  schema.fields[1].positions = Positions::kNo;
  EXPECT_EQ(shown(parse("\"big cell\"", schema, QuerySyntax::kOperators)),
            (Clauses{"field 'text' keeps no positions: no phrases in it"}));
  EXPECT_EQ(shown(parse("..*", schema, QuerySyntax::kOperators)),
            (Clauses{"'..*': want one word before the *"}));
  EXPECT_EQ(shown(parse("\"a cell\"~x", schema, QuerySyntax::kOperators)),
            (Clauses{"behind \"a cell\"~: want a number up to 1000"}));
  EXPECT_EQ(shown(parse(std::string(kMaxQueryBytes + 1, 'x'), schema, QuerySyntax::kPlain)),
            (Clauses{"a question of 1048577 bytes, at most 1048576"}));
}

TEST(query_text, any_bytes_are_a_query_or_an_error) {
  std::mt19937 random(1);
  const std::string alphabet = "ab+-*\"~9 \xff";
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (std::size_t i = random() % 30; i > 0; --i) text += alphabet[random() % alphabet.size()];
    const auto query = parse(text, schema_of("standard"), QuerySyntax::kOperators);
    if (!query.ok()) continue;
    for (const QueryClause& clause : query->clauses) EXPECT_FALSE(clause.parts.empty()) << text;
  }
}

}  // namespace
}  // namespace quern::store
