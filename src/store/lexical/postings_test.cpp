#include "store/lexical/postings.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/lexical/lexical_fixture.h"
#include "store/lexical/postings_writer.h"

namespace quern::store {
namespace {

struct Entry {
  std::uint32_t doc;
  std::vector<std::uint32_t> positions;  // tf is their number.
};

struct Written {
  std::string postings, positions;
  std::vector<TermInfo> terms;
};

Written write(const std::vector<std::vector<Entry>>& lists, std::span<const std::uint8_t> norms) {
  Written out;
  PostingsWriter writer(TestSegment::into(out.postings), TestSegment::into(out.positions));
  for (const auto& list : lists) {
    writer.start_term(norms);
    for (const Entry& entry : list) {
      const auto tf = static_cast<std::uint32_t>(entry.positions.size());
      EXPECT_TRUE(writer.add(entry.doc, tf, entry.positions).ok());
    }
    out.terms.push_back(*writer.finish_term());
  }
  return out;
}

std::vector<Entry> random_list(std::size_t n, std::uint32_t n_docs, std::mt19937& random) {
  std::set<std::uint32_t> docs;
  while (docs.size() < n) docs.insert(static_cast<std::uint32_t>(random() % n_docs));
  std::vector<Entry> list;
  for (const std::uint32_t doc : docs) {
    std::set<std::uint32_t> positions;
    for (std::size_t i = 1 + random() % 3 * (random() % 3); i > 0; --i) {
      positions.insert(static_cast<std::uint32_t>(random() % 1000));
    }
    list.push_back({doc, {positions.begin(), positions.end()}});
  }
  return list;
}

void expect_equal(const Written& written, std::size_t i_term, const std::vector<Entry>& want,
                  std::uint32_t n_docs) {
  const TermInfo& term = written.terms[i_term];
  const auto list = Postings::open(bytes_of(written.postings), term, n_docs);
  ASSERT_TRUE(list.ok()) << list.status().message();
  ASSERT_EQ(term.df, want.size());
  BlockValues docs;
  BlockValues tfs;
  std::vector<std::uint32_t> positions;
  std::size_t i = 0;
  for (std::uint32_t block = 0; block < list->n_blocks(); ++block) {
    const std::uint32_t n = list->decode_docs(block, docs);
    ASSERT_EQ(n, list->n_in_block(block));
    ASSERT_EQ(list->decode_tfs(block, tfs), n);
    auto reader = positions_of(bytes_of(written.positions), term, *list, block);
    ASSERT_TRUE(reader.ok());
    for (std::uint32_t k = 0; k < n; ++k, ++i) {
      ASSERT_EQ(docs[k], want[i].doc);
      ASSERT_EQ(tfs[k], want[i].positions.size());
      ASSERT_TRUE(reader->read(tfs[k], positions));
      ASSERT_EQ(positions, want[i].positions);
    }
    if (list->has_heads()) {
      EXPECT_EQ(list->head(block).last_doc, docs[n - 1]);
    }
  }
  EXPECT_EQ(i, want.size());
}

TEST(postings, lists_round_all_borders_come_back) {
  std::mt19937 random(1);
  const std::uint32_t n_docs = 3000;
  std::vector<std::uint8_t> norms(n_docs);
  for (auto& norm : norms) norm = static_cast<std::uint8_t>(random());
  std::vector<std::vector<Entry>> lists;
  for (const std::size_t n : {1, 2, 127, 128, 129, 255, 256, 257, 1000, 3000, 1}) {
    lists.push_back(random_list(n, n_docs, random));
  }
  const Written written = write(lists, norms);
  for (std::size_t i = 0; i < lists.size(); ++i) {
    expect_equal(written, i, lists[i], n_docs);
    EXPECT_TRUE(check_postings(bytes_of(written.postings), bytes_of(written.positions),
                               written.terms[i], norms)
                    .ok());
  }
}

TEST(postings, a_single_document_takes_no_bytes_and_a_short_list_two_or_so_each) {
  const std::vector<std::uint8_t> norms(10, 3);
  const Written written = write({{{7, {1, 2}}}, {{0, {4}}, {9, {0, 5}}}}, norms);
  EXPECT_EQ(written.terms[0].postings_bytes, 0u);
  EXPECT_EQ(written.terms[0].single_doc, 7u);
  EXPECT_EQ(written.terms[0].ttf, 2u);
  // Gaps of 0, once, and of 8, twice.
  EXPECT_EQ(written.postings, std::string("\x01\x10\x02", 3));
  EXPECT_EQ(written.positions, std::string("\x01\x01\x04\x00\x05", 5));
}

TEST(postings, bounds_are_the_pareto_front_joined_in_its_middle) {
  const std::vector<std::uint8_t> norms = {5, 3, 9, 9, 4};
  const std::vector<std::uint32_t> docs = {0, 1, 2, 3, 4};
  EXPECT_EQ(bounds_of(docs, std::vector<std::uint32_t>{1, 1, 1, 1, 1}, norms),
            (BlockBounds{{{1, 3}, {1, 3}, {1, 3}}}));
  EXPECT_EQ(bounds_of(docs, std::vector<std::uint32_t>{2, 1, 300, 2, 1}, norms),
            (BlockBounds{{{1, 3}, {2, 5}, {255, 9}}}));
  EXPECT_EQ(bounds_of(docs, std::vector<std::uint32_t>{3, 1, 4, 2, 2}, norms),
            (BlockBounds{{{1, 3}, {3, 4}, {4, 9}}}));
}

TEST(postings, bounds_hold_for_every_document_whatever_the_parameters) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint8_t> norms(128);
    std::vector<std::uint32_t> docs(128);
    std::vector<std::uint32_t> tfs(128);
    for (std::uint32_t i = 0; i < 128; ++i) {
      docs[i] = i;
      norms[i] = static_cast<std::uint8_t>(random() % 60);
      tfs[i] = 1 + static_cast<std::uint32_t>(random() % 9 * (random() % 9));
    }
    const BlockBounds bounds = bounds_of(docs, tfs, norms);
    const InverseNorms inverse =
        inverse_norms({.k1 = 0.1f * static_cast<float>(1 + random() % 30),
                       .b = 0.01f * static_cast<float>(random() % 101)},
                      {.n_docs = 1, .n_tokens = static_cast<std::int64_t>(1 + random() % 100)});
    double best = 0;
    for (const BoundPair& pair : bounds)
      best = std::max(best, bm25_part(3, pair.tf, inverse[pair.norm]));
    for (std::uint32_t i = 0; i < 128; ++i) {
      EXPECT_LE(bm25_part(3, static_cast<float>(tfs[i]), inverse[norms[i]]), best);
    }
  }
}

TEST(postings, a_term_in_no_document_or_too_many_or_beyond_the_section_is_refused) {
  const std::vector<std::uint8_t> norms(300, 1);
  std::mt19937 random(3);
  const Written written = write({random_list(200, 300, random)}, norms);
  const auto opens = [&](auto change) {
    TermInfo term = written.terms[0];
    change(term);
    return Postings::open(bytes_of(written.postings), term, 300).ok();
  };
  EXPECT_TRUE(opens([](TermInfo&) {}));
  EXPECT_FALSE(opens([](TermInfo& t) { t.df = 0; }));
  EXPECT_FALSE(opens([](TermInfo& t) { t.df = 301; }));
  EXPECT_FALSE(opens([](TermInfo& t) { t.postings_bytes += 1; }));
  EXPECT_FALSE(opens([](TermInfo& t) { t.postings_offset = ~0ull; }));
  EXPECT_FALSE(opens([](TermInfo& t) { t.postings_bytes = 39; }));
}

TEST(postings, any_changed_byte_is_found_or_read_within_bounds) {
  const std::uint32_t n_docs = 2000;
  const std::vector<std::uint8_t> norms(n_docs, 9);
  std::mt19937 random(4);
  const Written written = write({random_list(700, n_docs, random)}, norms);
  int n_found = 0;
  for (int round = 0; round < 5000; ++round) {
    Written changed = written;
    changed.postings[random() % changed.postings.size()] = static_cast<char>(random());
    TermInfo term = written.terms[0];
    if (round % 5 == 0) term.df = static_cast<std::uint32_t>(1 + random() % n_docs);
    n_found +=
        check_postings(bytes_of(changed.postings), bytes_of(changed.positions), term, norms).ok()
            ? 0
            : 1;
    const auto list = Postings::open(bytes_of(changed.postings), term, n_docs);
    if (!list.ok()) continue;
    BlockValues docs;
    for (std::uint32_t block = 0; block < list->n_blocks(); ++block) {
      const std::uint32_t n = list->decode_docs(block, docs);
      ASSERT_TRUE(std::is_sorted(docs.begin(), docs.begin() + n));
      for (std::uint32_t i = 0; i < n; ++i) ASSERT_LT(docs[i], n_docs);
    }
  }
  EXPECT_GT(n_found, 3000);
}

}  // namespace
}  // namespace quern::store
