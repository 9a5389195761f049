#include "store/lexical/dictionary.h"

#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "store/lexical/lexical_fixture.h"

namespace quern::store {
namespace {

using Terms = std::map<std::string, TermInfo>;

// Terms of random bytes in three fields, whose postings lie one behind the other.
Terms random_terms(std::size_t n, std::mt19937& random) {
  Terms terms;
  while (terms.size() < n) {
    std::string text = "term";
    for (std::size_t i = random() % 12; i > 0; --i) text.push_back(static_cast<char>(random() % 7));
    terms[term_key(static_cast<int>(random() % 3), text)] = {};
  }
  std::uint64_t postings = 0;
  std::uint64_t positions = 0;
  for (auto& [key, term] : terms) {
    term.df = random() % 3 == 0 ? 1 : 2 + static_cast<std::uint32_t>(random() % 100000);
    term.ttf = term.df + random() % 5000;
    term.postings_offset = postings;
    term.positions_offset = positions;
    if (term.df == 1) {
      term.single_doc = static_cast<std::uint32_t>(random() % kMaxSegmentDocs);
    } else {
      term.postings_bytes = random() % 70000;
    }
    term.positions_bytes = random() % 3 * (random() % 70000);
    postings += term.postings_bytes;
    positions += term.positions_bytes;
  }
  return terms;
}

std::string write(const Terms& terms) {
  std::string out;
  DictionaryWriter writer(TestSegment::into(out));
  for (const auto& [key, term] : terms) EXPECT_TRUE(writer.add(key, term).ok());
  EXPECT_TRUE(writer.finish().ok());
  return out;
}

TEST(dictionary, every_term_is_found_and_no_other) {
  std::mt19937 random(1);
  for (const std::size_t n : {0, 1, 31, 32, 33, 64, 1000}) {
    const Terms terms = random_terms(n, random);
    const std::string bytes = write(terms);
    const auto dictionary = Dictionary::open(bytes_of(bytes));
    ASSERT_TRUE(dictionary.ok()) << dictionary.status().message();
    EXPECT_EQ(dictionary->n_terms(), n);
    for (const auto& [key, term] : terms) {
      const auto found = dictionary->find(key[0], key.substr(1));
      ASSERT_TRUE(found.ok() && found->has_value());
      EXPECT_EQ(**found, term);
      const auto other = dictionary->find(key[0], key.substr(1) + "x");
      ASSERT_TRUE(other.ok());
      EXPECT_FALSE(other->has_value());
    }
    EXPECT_FALSE(dictionary->find(0, "")->has_value());
  }
}

TEST(dictionary, the_cursor_walks_all_terms_in_order_from_anywhere) {
  std::mt19937 random(2);
  const Terms terms = random_terms(500, random);
  const std::string bytes = write(terms);
  const auto dictionary = Dictionary::open(bytes_of(bytes));
  ASSERT_TRUE(dictionary.ok());
  auto cursor = dictionary->begin();
  for (const auto& [key, term] : terms) {
    ASSERT_TRUE(*cursor.next());
    EXPECT_EQ(cursor.key(), key);
    EXPECT_EQ(cursor.info(), term);
  }
  EXPECT_FALSE(*cursor.next());
  EXPECT_FALSE(*cursor.next());
  for (int round = 0; round < 300; ++round) {
    std::string key = term_key(static_cast<int>(random() % 4), "term");
    key.push_back(static_cast<char>(random() % 8));
    auto from = dictionary->seek(key);
    ASSERT_TRUE(from.ok());
    auto want = terms.lower_bound(key);
    for (int i = 0; i < 40 && want != terms.end(); ++i, ++want) {
      ASSERT_TRUE(*from->next());
      EXPECT_EQ(from->key(), want->first);
    }
  }
}

TEST(dictionary, shared_beginnings_are_written_once_a_block) {
  Terms terms;
  for (char c = 'a'; c < 'a' + 20; ++c) {
    terms[term_key(0, std::string(100, 'x') + c)] = {.df = 1, .ttf = 1};
  }
  // 102 bytes of the first term, one of each other, six numbers each, index and tail.
  EXPECT_EQ(write(terms).size(), 101u + 20 + 20 * 6 + 24 + 24);
}

TEST(dictionary, every_cut_and_any_change_is_an_error_or_reads_within_bounds) {
  std::mt19937 random(3);
  const std::string bytes = write(random_terms(100, random));
  const auto walk = [](const std::string& damaged) {
    const auto dictionary = Dictionary::open(bytes_of(damaged));
    if (!dictionary.ok()) return false;
    auto cursor = dictionary->begin();
    while (true) {
      const auto is_one = cursor.next();
      if (!is_one.ok()) return false;
      if (!*is_one) break;
    }
    return dictionary->find(1, "term\x03").ok();
  };
  EXPECT_TRUE(walk(bytes));
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(walk(bytes.substr(0, n)));
  for (int round = 0; round < 5000; ++round) {
    std::string damaged = bytes;
    for (std::size_t i = 1 + random() % 3; i > 0; --i) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    walk(damaged);
  }
}

}  // namespace
}  // namespace quern::store
