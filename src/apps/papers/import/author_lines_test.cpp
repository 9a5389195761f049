#include "apps/papers/import/author_lines.h"

#include <gtest/gtest.h>

#include "apps/papers/import/test_layout.h"

namespace quern::apps {
namespace {

TEST(author_lines, names_are_told_from_places) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(names_in_line("Ann Bee1 , Carl van Dee∗ and Eve F. Gee"),
            (Names{"Ann Bee", "Carl van Dee", "Eve F. Gee"}));
  EXPECT_EQ(names_in_line("University of Northfield"), Names{});
  EXPECT_EQ(names_in_line("ann@example.org"), Names{});
  EXPECT_EQ(names_in_line("we show that this is no name"), Names{});
}

TEST(author_lines, names_side_by_side_are_read_down_the_page) {
  const PdfLine left = set_line(50, 100, "Ann Bee", 12), right = set_line(300, 100, "Carl Dee", 12);
  const PdfLine place = set_line(50, 115, "Northfield City", 10);
  const PdfLine below = set_line(50, 140, "Eve Gee", 12);
  const std::vector<PaperAuthor> authors = authors_of_lines({&below, &left, &place, &right});
  ASSERT_EQ(authors.size(), 3U);
  EXPECT_EQ(authors[0].name, "Ann Bee");
  EXPECT_EQ(authors[1].name, "Carl Dee");
  EXPECT_EQ(authors[2].name, "Eve Gee");
}

}  // namespace
}  // namespace quern::apps
