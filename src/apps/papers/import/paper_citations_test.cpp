#include "apps/papers/import/paper_citations.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

using Lines = std::vector<std::string>;

Paper paper_of(const std::string& text, const std::vector<PaperReference>& references) {
  Paper out;
  out.sections.push_back({.text = text});
  out.references = references;
  add_citing_sentences(out);
  return out;
}

TEST(paper_citations, numbers_in_brackets_are_places_in_the_bibliography) {
  const Paper paper =
      paper_of("One is cited [1]. Several are, too [2, 4-5]. Again [1]. An array x[7] is not.",
               std::vector<PaperReference>(5));
  EXPECT_EQ(paper.references[0].contexts, (Lines{"One is cited [1].", "Again [1]."}));
  EXPECT_EQ(paper.references[1].contexts, Lines{"Several are, too [2, 4-5]."});
  EXPECT_EQ(paper.references[2].contexts, Lines{});
  EXPECT_EQ(paper.references[4].contexts, Lines{"Several are, too [2, 4-5]."});
}

TEST(paper_citations, names_and_years_tell_otherwise) {
  const Paper paper = paper_of(
      "Bee et al. (2019) began it. Others went on (Dee, 2020). Nothing happened in 2019.",
      {{.authors = {"Ann Bee", "Eve Gee"}, .year = 2019}, {.authors = {"Carl Dee"}, .year = 2020}});
  EXPECT_EQ(paper.references[0].contexts, Lines{"Bee et al. (2019) began it."});
  EXPECT_EQ(paper.references[1].contexts, Lines{"Others went on (Dee, 2020)."});
}

TEST(paper_citations, what_is_no_list_of_numbers_cites_nothing) {
  const Paper paper =
      paper_of("[1] [1] [2] and [0], [9], [1-999], [a1], [, [3", std::vector<PaperReference>(3));
  EXPECT_EQ(paper.references[2].contexts, Lines{});
}

}  // namespace
}  // namespace quern::apps
