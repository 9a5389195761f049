#include "store/lexical/doc_signals.h"

#include <cmath>
#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "store/lexical/lexical_fixture.h"
#include "store/lexical/lexical_search.h"

namespace quern::store {
namespace {

using Positions = std::vector<std::vector<std::uint32_t>>;

LexicalQuery prepared(std::vector<QueryClause> clauses, const TestSegment& segment) {
  LexicalQuery query{.clauses = std::move(clauses)};
  const Status status = prepare({}, segment.stats, df_in(segment), query);
  EXPECT_TRUE(status.ok()) << status.message();
  return query;
}

QueryClause phrase(std::vector<std::string> terms) {
  QueryPart part{.match = TermMatch::kPhrase, .terms = std::move(terms)};
  for (std::uint32_t i = 0; i < part.terms.size(); ++i) part.offsets.push_back(i);
  return {.parts = {part}};
}

}  // namespace

TEST(doc_signals, closeness_of_the_shortest_passage) {
  EXPECT_EQ(closeness(Positions{{3}}), 0);
  EXPECT_EQ(closeness(Positions{{3}, {4}}), 1);
  EXPECT_EQ(closeness(Positions{{9}, {1, 7}}), 0.5);
  EXPECT_EQ(closeness(Positions{{0, 20}, {5, 22}, {9, 40, 21}}), 2.0 / 9);
  EXPECT_EQ(closeness(Positions{{0, 20}, {5, 22}, {9, 21}}), 1);
  EXPECT_EQ(closeness(Positions{{4}, {4}}), 1);
}

TEST(doc_signals, a_worked_example) {
  const auto segment = make_segment(
      {{{"red", "fox"}}, {{"red", "x", "x", "fox"}}, {{"red"}}, {{"blue", "fox", "x"}}, {{"x"}}});
  const LexicalQuery query = prepared({clause_of("red"), clause_of("fox")}, *segment);
  const auto signals =
      signals_of(segment->part, query, std::vector<std::uint32_t>{0, 1, 2, 4}, Signals::kAll);
  ASSERT_TRUE(signals.ok()) << signals.status().message();
  const auto& all = *signals;
  EXPECT_EQ(all[0].proximity, 1);
  EXPECT_EQ(all[1].proximity, 1.0 / 3);
  EXPECT_EQ(all[2].proximity, 0);
  EXPECT_EQ(all[0].idf_share, 1);
  const double red = query.clauses[0].parts[0].weight, fox = query.clauses[1].parts[0].weight;
  EXPECT_EQ(best_attainable(query), red + fox);
  EXPECT_DOUBLE_EQ(all[2].idf_share, red / (red + fox));
  EXPECT_EQ(all[3].idf_share, 0);
  EXPECT_EQ(all[3].score, 0);
  EXPECT_EQ(all[1].log_length, std::log(5.0));
}

TEST(doc_signals, scores_are_those_of_a_search_and_what_it_leaves_out_is_excluded) {
  std::mt19937 random(3);
  const auto documents = random_documents(2000, 2, 40, random);
  const auto segment = make_segment(documents, 2);
  for (int round = 0; round < 40; ++round) {
    std::vector<QueryClause> clauses;
    for (std::size_t i = 1 + random() % 4; i > 0; --i) {
      const auto occur = static_cast<Occur>(random() % 5 < 3 ? 0 : random() % 3);
      const std::string term = "t" + std::to_string(random() % 20);
      clauses.push_back(clause_of(term, occur));
      clauses.back().parts.push_back({.field = 1, .terms = {term}});
    }
    if (round % 4 == 0) clauses.push_back(phrase({"t0", "t1"}));
    clauses.push_back(clause_of("t1"));
    const LexicalQuery query = prepared(clauses, *segment);
    const auto found = search_exhaustively(segment->part, query, {.n_wanted = 2000});
    ASSERT_TRUE(found.ok());
    std::map<std::uint32_t, double> scores;
    for (const ScoredDoc& doc : *found) scores[doc.doc] = doc.score;
    std::vector<std::uint32_t> docs;
    for (std::uint32_t doc = random() % 9; doc < 2000; doc += 1 + random() % 9) docs.push_back(doc);
    const auto signals = signals_of(segment->part, query, docs, Signals::kScores);
    const auto parts = parts_of(segment->part, query, docs);
    ASSERT_TRUE(signals.ok() && parts.ok());
    for (std::size_t i = 0; i < docs.size(); ++i) {
      const bool is_found = scores.contains(docs[i]);
      const DocSignals& one = (*signals)[i];
      EXPECT_EQ(is_found, !one.is_excluded && one.score > 0) << docs[i];
      if (!is_found) continue;
      EXPECT_EQ(one.score, scores[docs[i]]);
      double sum = 0;
      for (const PartScore& part : (*parts)[i]) sum += part.score;
      EXPECT_EQ(sum, one.score);
    }
  }
}

}  // namespace quern::store
