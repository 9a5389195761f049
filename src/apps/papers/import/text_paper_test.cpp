#include "apps/papers/import/text_paper.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

TEST(text_paper, a_first_line_that_stands_alone_is_the_title) {
  const auto paper = paper_of_text("\nOn Mice\n\nThey are\nsmall.\n\nThey run.\n", "file");
  ASSERT_TRUE(paper.ok());
  EXPECT_EQ(paper->title, "On Mice");
  ASSERT_EQ(paper->sections.size(), 1U);
  EXPECT_EQ(paper->sections[0].text, "They are small.\n\nThey run.");
  const auto plain = paper_of_text("They are small.\nThey run.", "file");
  EXPECT_EQ(plain->title, "file");
  EXPECT_EQ(plain->sections[0].text, "They are small. They run.");
}

TEST(text_paper, headings_of_markdown_make_sections) {
  const auto paper = paper_of_markdown(
      "# On Mice\n\n## Abstract\n\nSmall.\n\n## 1 Introduction\n\nThey run.\n\n### End\n\nGone.\n",
      "f");
  ASSERT_TRUE(paper.ok()) << paper.status().message();
  EXPECT_EQ(paper->title, "On Mice");
  EXPECT_EQ(paper->abstract, "Small.");
  ASSERT_EQ(paper->sections.size(), 2U);
  EXPECT_EQ(paper->sections[0],
            (PaperSection{.heading = "Introduction", .number = "1", .text = "They run."}));
  EXPECT_EQ(paper->sections[1].heading, "End");
}

TEST(text_paper, what_is_no_text_says_so) {
  EXPECT_FALSE(paper_of_text(" \n", "f").ok());
  EXPECT_FALSE(paper_of_text(std::string("a\0b", 3), "f").ok());
  EXPECT_FALSE(paper_of_markdown("# Only a title\n", "f").ok());
}

}  // namespace
}  // namespace quern::apps
