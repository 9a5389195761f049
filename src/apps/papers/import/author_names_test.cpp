#include "apps/papers/import/author_names.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

std::vector<std::string> names(const std::vector<PaperAuthor>& authors) {
  std::vector<std::string> out;
  for (const PaperAuthor& author : authors) out.push_back(author.name);
  return out;
}

using Names = std::vector<std::string>;

TEST(author_names, last_names_go_behind_first_names) {
  EXPECT_EQ(name_in_order("Vaswani, Ashish"), "Ashish Vaswani");
  EXPECT_EQ(name_in_order("van der Berg, Jan"), "Jan van der Berg");
  EXPECT_EQ(name_in_order("King, Jr, Martin Luther"), "Martin Luther King Jr");
  EXPECT_EQ(name_in_order("Knuth, Donald E., III"), "Donald E. Knuth III");
  EXPECT_EQ(name_in_order(" Ada  Lovelace "), "Ada Lovelace");
  EXPECT_EQ(name_in_order(","), "");
}

TEST(author_names, and_joins_and_others_are_nobody) {
  EXPECT_EQ(names(authors_joined_by_and("Vaswani, Ashish and Noam Shazeer and others")),
            (Names{"Ashish Vaswani", "Noam Shazeer"}));
  EXPECT_EQ(names(authors_joined_by_and("Sandy Anderson")), (Names{"Sandy Anderson"}));
  EXPECT_EQ(names(authors_joined_by_and("A\n  and\nB")), (Names{"A", "B"}));
}

TEST(author_names, lists_are_parted_by_commas_or_semicolons) {
  EXPECT_EQ(names(authors_in_list("A. Bee, C. Dee Jr., and E. Eff")),
            (Names{"A. Bee", "C. Dee Jr.", "E. Eff"}));
  EXPECT_EQ(names(authors_in_list("A. Bee, Jr., C. Dee")), (Names{"A. Bee Jr.", "C. Dee"}));
  EXPECT_EQ(names(authors_in_list("Bee, A.; Dee, C.")), (Names{"A. Bee", "C. Dee"}));
}

}  // namespace
}  // namespace quern::apps
