#include "apps/claims/pdf_pages.h"

#include <chrono>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

TEST(pdf_pages, lose_their_numbers_and_running_titles) {
  std::string pages;
  for (int i = 1; i <= 4; ++i) {
    pages += "Journal of Mice 12, p. " + std::to_string(i) + "\n\nText of page " +
             std::to_string(i) + " begins here.\nIt ends with 3 words.\n\n" + std::to_string(i) +
             "\n\f";
  }
  const std::string text = text_of_pages(pages);
  EXPECT_EQ(text.find("Journal"), std::string::npos) << text;
  EXPECT_TRUE(text.starts_with("Text of page 1 begins here.\nIt ends with 3 words.\n\nText of"))
      << text;
  EXPECT_TRUE(text.ends_with("Text of page 4 begins here.\nIt ends with 3 words.")) << text;
}

TEST(pdf_pages, keep_lines_that_stand_on_few_pages) {
  EXPECT_EQ(text_of_pages("Title\n\nOne.\fTitle\n\nTwo."), "Title\n\nOne.\n\nTitle\n\nTwo.");
  EXPECT_EQ(text_of_pages("2024\fIn 2024\nit was."), "2024\n\nIn 2024\nit was.");
}

TEST(pdf_pages, keep_numbers_that_may_be_of_their_sentences) {
  // Not parted from the text: years that end pages, even where they run on.
  EXPECT_EQ(text_of_pages("It was in the spring of\n1998\n\fThe next was in\n1999\n"),
            "It was in the spring of\n1998\n\nThe next was in\n1999");
  // Parted, but of no row.
  EXPECT_EQ(text_of_pages("It began in\n\n1998\n\fIt ended\n\n2004\n\fAll\n\n12\n"),
            "It began in\n\n1998\n\nIt ended\n\n2004\n\nAll\n\n12");
  EXPECT_EQ(text_of_pages("Born in\n\n1998\n"), "Born in\n\n1998");
  // A row that leaves out a page without number.
  EXPECT_EQ(text_of_pages("A.\n\n7\n\fB.\n\fC.\n\n9\n"), "A.\n\nB.\n\nC.");
}

TEST(pdf_pages, join_a_sentence_that_goes_on) {
  EXPECT_EQ(text_of_pages("The cells were\n\n1\n\fgrown in dishes.\n\n2\n\f"),
            "The cells were\ngrown in dishes.");
  EXPECT_EQ(text_of_pages("The cells were.\n\n1\n\fgrown\n\n2"), "The cells were.\n\ngrown");
  EXPECT_EQ(text_of_pages("Cells\n\fMice ran."), "Cells\n\nMice ran.");
}

TEST(pdf_pages, of_any_bytes_gain_nothing_and_take_no_longer) {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    std::string pages;
    for (std::size_t i = random() % 60; i > 0; --i) pages += "\f\n a1.x\xff"[random() % 8];
    EXPECT_LE(text_of_pages(pages).size(), 2 * pages.size());
  }
  for (const std::string_view part : {"\f", "1\f", "a\n1\f", "\n", "a\n", "a"}) {
    std::string pages;
    while (pages.size() < (1 << 20)) pages += part;
    const auto start = std::chrono::steady_clock::now();
    text_of_pages(pages);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << part;
  }
}

}  // namespace
}  // namespace quern::apps
