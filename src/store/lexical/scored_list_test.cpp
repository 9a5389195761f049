#include "store/lexical/scored_list.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "store/lexical/lexical_fixture.h"

namespace quern::store {
namespace {

// A term in every `step`-th document, more often in some, and the plain scores of all of them.
struct Case {
  std::unique_ptr<TestSegment> segment;
  InverseNorms inverse;
  std::vector<ScoredDoc> want;

  explicit Case(std::size_t n_docs, std::size_t step) {
    std::mt19937 random(7);
    std::vector<TestDocument> documents;
    for (std::size_t doc = 0; doc < n_docs; ++doc) {
      std::vector<std::string> tokens(random() % 9, "other");
      if (doc % step == 0) tokens.insert(tokens.end(), 1 + random() % 6, "term");
      documents.push_back({tokens});
    }
    segment = make_segment(documents);
    inverse = inverse_norms({}, segment->stats[0]);
    for (std::uint32_t doc = 0; doc < n_docs; ++doc) {
      const auto& tokens = documents[doc][0];
      const auto tf = std::count(tokens.begin(), tokens.end(), "term");
      if (tf == 0) continue;
      want.push_back(
          {bm25_part(2.5f, static_cast<float>(tf), inverse[segment->norms[0][doc]]), doc});
    }
  }

  ScoredList open() const {
    const auto info = segment->part.dictionary.find(0, "term");
    auto list = ScoredList::of_term(segment->part, 0, **info, 2.5f, inverse);
    return std::move(*list);
  }
};

std::vector<ScoredDoc> read_all(ScoredList& list) {
  std::vector<ScoredDoc> out;
  for (std::uint32_t doc = 0; list.block() < list.n_blocks(); list.seek_block(doc)) {
    const auto docs = list.docs();
    const auto scores = list.scores();
    for (std::size_t i = 0; i < docs.size(); ++i) {
      EXPECT_LE(scores[i], list.bound(list.block()));
      out.push_back({scores[i], docs[i]});
    }
    doc = list.last_doc(list.block()) + 1;
  }
  return out;
}

TEST(scored_list, blocks_have_the_plain_scores_within_their_bounds) {
  for (const auto& [n_docs, step] : {std::pair{1, 1}, {100, 3}, {400, 1}, {9000, 2}, {9000, 70}}) {
    const Case c(static_cast<std::size_t>(n_docs), static_cast<std::size_t>(step));
    ScoredList list = c.open();
    EXPECT_EQ(read_all(list), c.want);
    EXPECT_FALSE(list.is_damaged());
    ScoredList found = ScoredList::of_docs(c.want);
    EXPECT_EQ(read_all(found), c.want);
    EXPECT_LE(found.max_bound(), list.max_bound());
  }
}

TEST(scored_list, find_gives_what_a_document_scores_or_nothing) {
  const Case c(9000, 3);
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    ScoredList list = c.open();
    for (std::uint32_t doc = 0; doc < 9000; doc += 1 + static_cast<std::uint32_t>(random() % 300)) {
      list.seek_block(doc);
      const auto score = list.block() < list.n_blocks() ? list.find(doc) : std::nullopt;
      ASSERT_EQ(score.has_value(), doc % 3 == 0);
      if (score) {
        ASSERT_EQ(*score, c.want[doc / 3].score);
      }
    }
  }
}

TEST(scored_list, the_floor_of_the_best_is_below_the_kth_best) {
  for (const auto& [n_docs, step] : {std::pair{100, 3}, {3000, 2}, {9000, 1}}) {
    const Case c(static_cast<std::size_t>(n_docs), static_cast<std::size_t>(step));
    auto sorted = c.want;
    std::sort(sorted.begin(), sorted.end(),
              [](const ScoredDoc& a, const ScoredDoc& b) { return a.score > b.score; });
    for (const std::uint32_t k : {1, 5, 20}) {
      ScoredList list = c.open();
      const double floor = list.floor_of_best(k);
      EXPECT_LE(floor, sorted[k - 1].score);
      EXPECT_GT(floor, 0);
      EXPECT_EQ(read_all(list), c.want);
    }
    ScoredList list = c.open();
    EXPECT_EQ(list.floor_of_best(static_cast<std::uint32_t>(c.want.size() + 1)), 0);
  }
}

TEST(scored_list, the_bound_of_a_stretch_is_that_of_its_blocks) {
  const Case c(9000, 1);
  ScoredList list = c.open();
  list.seek_block(1000);
  double want = 0;
  for (std::uint32_t block = list.block(); block <= 2000 / 128; ++block) {
    want = std::max(want, list.bound(block));
  }
  EXPECT_EQ(list.bound_within(2001), want);
}

}  // namespace
}  // namespace quern::store
