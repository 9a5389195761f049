#include "store/grouped_search.h"

#include <gtest/gtest.h>

namespace quern::store {
namespace {

// The first hits of a list, and how often they were asked for.
struct List {
  std::vector<Hit> hits;
  std::vector<std::uint32_t> asked = {};

  SearchForHits search() {
    return [this](std::uint32_t n_wanted) -> Result<TextSearchResult> {
      asked.push_back(n_wanted);
      TextSearchResult out{.generation = 7};
      for (std::size_t i = 0; i < std::min<std::size_t>(n_wanted, hits.size()); ++i) {
        out.hits.push_back(hits[i]);
      }
      return out;
    };
  }
};

Hit hit(std::string key, std::uint32_t n_parent, float score) {
  return {.key = std::move(key), .n_parent = n_parent, .score = score};
}

}  // namespace

TEST(grouped_search, each_parent_answers_once_with_its_best_children) {
  List list{.hits = {hit("a#2", 1, 9), hit("a#1", 1, 8), hit("b", 0, 7), hit("a#3", 1, 6)}};
  const auto found = search_grouped({.n_groups = 2, .n_children = 2}, list.search());
  ASSERT_TRUE(found.ok()) << found.status().message();
  EXPECT_EQ(found->generation, 7);
  ASSERT_EQ(found->groups.size(), 2u);
  EXPECT_EQ(found->groups[0].parent, "a");
  EXPECT_EQ(found->groups[0].score, 9);
  EXPECT_EQ(found->groups[0].n_found, 3u);
  ASSERT_EQ(found->groups[0].children.size(), 2u);
  EXPECT_EQ(found->groups[0].children[1].key, "a#1");
  EXPECT_EQ(found->groups[1].parent, "b");
}

TEST(grouped_search, more_hits_are_asked_for_until_there_are_parents_enough) {
  List list;
  for (int i = 0; i < 30; ++i) {
    list.hits.push_back(hit("a#" + std::to_string(i), 1, static_cast<float>(100 - i)));
  }
  list.hits.push_back(hit("b#0", 1, 1));
  const auto found = search_grouped({.n_groups = 2, .n_children = 1}, list.search());
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(list.asked, (std::vector<std::uint32_t>{10, 20, 40}));
  ASSERT_EQ(found->groups.size(), 2u);
  EXPECT_EQ(found->groups[1].parent, "b");
}

TEST(grouped_search, too_few_parents_end_it_and_errors_are_handed_on) {
  List list{.hits = {hit("a#1", 1, 1)}};
  EXPECT_EQ(search_grouped({.n_groups = 5}, list.search())->groups.size(), 1u);
  EXPECT_EQ(list.asked.size(), 1u);
  const auto failed = search_grouped(
      {}, [](std::uint32_t) -> Result<TextSearchResult> { return Status(Code::kBadInput, "no"); });
  EXPECT_EQ(failed.status().message(), "no");
}

}  // namespace quern::store
