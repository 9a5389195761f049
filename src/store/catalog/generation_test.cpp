#include "store/catalog/generation.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "store/store_fixture.h"
#include "text/analysis/analyzer.h"

namespace quern::store {
namespace {

class generation : public StoreTest {};

/// In how many of the documents a field has each term.
std::map<std::string, std::int64_t> count_terms(const Model& model, std::size_t field,
                                                const char* analyzer_name) {
  auto analyzer = text::make_analyzer(analyzer_name);
  std::map<std::string, std::int64_t> out;
  for (const auto& [key, document] : model) {
    std::set<std::string> terms;
    analyzer->analyze(document.fields[field],
                      [&](const text::Term& term) { terms.emplace(term.text); });
    for (const std::string& term : terms) ++out[term];
  }
  return out;
}

}  // namespace

TEST_F(generation, live_document_frequencies_are_those_of_the_live_documents) {
  create();
  auto out = open_writer();
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 60; ++i) put(*out, "k" + std::to_string(i * (round + 1)), round);
    erase(*out, "k" + std::to_string(round));
    commit(*out);
  }
  const Snapshot now = snapshot();
  EXPECT_GT(now->segments().size(), 1u);
  for (const auto& [term, n] : count_terms(model_, 0, "english")) {
    EXPECT_EQ(*now->live_df(0, term), n) << term;
    EXPECT_EQ(*now->live_df(0, term), n) << term;  // As remembered.
  }
  for (const auto& [term, n] : count_terms(model_, 1, "simple")) {
    EXPECT_EQ(*now->live_df(1, term), n) << term;
  }
  EXPECT_EQ(*now->live_df(1, "never"), 0);
  EXPECT_EQ(live_docs(now->segments()), model_.size());
  EXPECT_EQ(live_stats(now->segments(), 2), now->row().fields);
}

TEST_F(generation, keys_are_found_where_they_live) {
  create();
  auto out = open_writer();
  put(*out, "a", 1);
  put(*out, "b", 1);
  commit(*out);
  put(*out, "b", 2);
  commit(*out);
  const Snapshot now = snapshot();
  EXPECT_EQ(find_key(now->segments(), "a")->i_segment, 0u);
  const auto b = find_key(now->segments(), "b");
  ASSERT_TRUE(b.ok());
  EXPECT_EQ(b->i_segment, 1u);
  EXPECT_EQ(*now->segments()[1].segment->stored_text().read_stored(b->doc), "b 2");
  EXPECT_EQ(find_key(now->segments(), "c").status().message(), "no document 'c'");
}

}  // namespace quern::store
