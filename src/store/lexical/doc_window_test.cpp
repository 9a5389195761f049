#include "store/lexical/doc_window.h"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace quern::store {
namespace {

using Docs = std::map<std::uint32_t, double>;  // To scores.

Docs random_docs(std::size_t n, std::mt19937& random) {
  Docs docs;
  while (docs.size() < n) docs[random() % 10000] = static_cast<double>(1 + random() % 16) / 4;
  return docs;
}

ScoredList list_of(const Docs& docs) {
  std::vector<ScoredDoc> found;
  for (const auto& [doc, score] : docs) found.push_back({score, doc});
  return ScoredList::of_docs(found);
}

Docs taken(const DocWindow& window) {
  Docs docs;
  for (std::uint32_t i = 0; i < window.n(); ++i) {
    EXPECT_TRUE(docs.empty() || docs.rbegin()->first < window.at(i).doc);
    docs[window.at(i).doc] = window.at(i).score;
  }
  return docs;
}

// What the lists give each document of [begin, end), where that reaches `least`.
Docs sums_of(const std::vector<Docs>& lists, std::uint32_t begin, std::uint32_t end, double least) {
  Docs sums;
  for (const Docs& list : lists) {
    for (const auto& [doc, score] : list) {
      if (doc >= begin && doc < end) sums[doc] += score;
    }
  }
  std::erase_if(sums, [&](const auto& found) { return found.second < least; });
  return sums;
}

TEST(doc_window, gathers_the_sums_of_one_list_and_of_several) {
  std::mt19937 random(1);
  const auto window = std::make_unique<DocWindow>(std::span<const std::uint64_t>());
  for (std::size_t n_lists = 1; n_lists <= 3; ++n_lists) {
    std::vector<Docs> docs;
    std::vector<ScoredList> lists;
    std::vector<ScoredList*> pointers;
    for (std::size_t i = 0; i < n_lists; ++i) docs.push_back(random_docs(3000, random));
    for (const Docs& d : docs) lists.push_back(list_of(d));
    for (ScoredList& list : lists) pointers.push_back(&list);
    const std::vector<double> others(n_lists, 8);
    for (const std::uint32_t begin : {0u, 4096u, 8192u}) {
      const std::uint32_t end = std::min(begin + kWindowDocs, 10000u);
      window->gather(pointers, others, begin, end, /*rest=*/1, /*bar=*/3);
      EXPECT_EQ(taken(*window), sums_of(docs, begin, end, 2));
    }
  }
}

TEST(doc_window, what_is_not_allowed_is_not_gathered) {
  std::vector<std::uint64_t> allowed(157);
  allowed[0] = 0b1010;
  const auto window = std::make_unique<DocWindow>(allowed);
  ScoredList one = list_of({{1, 1}, {2, 1}, {3, 1}});
  ScoredList two = list_of({{2, 1}, {3, 1}});
  ScoredList* const both[] = {&one, &two};
  const double others[] = {1, 1};
  window->gather(both, others, 0, 100, 0, 0);
  EXPECT_EQ(taken(*window), (Docs{{1, 1}, {3, 2}}));
  one.rewind();
  window->gather(std::span(both).first(1), std::span(others).first(1), 0, 100, 0, 0);
  EXPECT_EQ(taken(*window), (Docs{{1, 1}, {3, 1}}));
}

TEST(doc_window, completing_adds_a_list_and_lets_go_what_cannot_reach_the_bar) {
  const auto window = std::make_unique<DocWindow>(std::span<const std::uint64_t>());
  window->set(std::vector<ScoredDoc>{{1, 5}, {1, 6}, {3, 700}, {1, 9999}});
  ScoredList list = list_of({{5, 2}, {700, 1}});
  window->complete(list, /*rest=*/0, /*bar=*/2);
  EXPECT_EQ(taken(*window), (Docs{{5, 3}, {700, 4}}));
}

TEST(doc_window, keeps_those_in_any_list_or_in_none) {
  const auto window = std::make_unique<DocWindow>(std::span<const std::uint64_t>());
  const std::vector<ScoredDoc> docs = {{1, 1}, {1, 2}, {1, 3}, {1, 4}};
  const auto lists = [] {
    std::vector<ScoredList> out;
    out.push_back(list_of({{1, 1}, {3, 1}}));
    out.push_back(list_of({{3, 4}}));
    return out;
  };
  auto matching = lists();
  window->set(docs);
  window->keep(matching, DocWindow::Keep::kMatching);
  EXPECT_EQ(taken(*window), (Docs{{1, 2}, {3, 6}}));
  auto others = lists();
  window->set(docs);
  window->keep(others, DocWindow::Keep::kOthers);
  EXPECT_EQ(taken(*window), (Docs{{2, 1}, {4, 1}}));
}

}  // namespace
}  // namespace quern::store
