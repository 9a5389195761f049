#include "apps/claims/markdown_text.h"

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

std::string said(const std::string& markdown) { return text_of_markdown(markdown).text; }

TEST(markdown_text, has_blocks_apart_and_lines_of_a_paragraph_together) {
  EXPECT_EQ(said("One\ntwo.\n\nThree.\n> Four\n> five.\n"), "One two.\n\nThree. Four five.");
  EXPECT_EQ(said("- one\n- two\n  more\n1. three\n"), "one\n\ntwo more\n\nthree");
  EXPECT_EQ(said("| a | b |\n|---|---|\n| c | d |\n"), "a | b\n\nc | d");
  EXPECT_EQ(said(""), "");
}

TEST(markdown_text, knows_headings) {
  const MarkdownText text =
      text_of_markdown("# One #\nText.\n\nTwo\n===\n\nMore.\n\nThree\n---\n####### none\n#none\n");
  EXPECT_EQ(text.title, "One");
  std::vector<std::string> headings;
  for (const ByteSpan& span : text.headings) {
    headings.push_back(text.text.substr(span.begin, span.end - span.begin));
  }
  EXPECT_EQ(headings, (std::vector<std::string>{"One", "Two", "Three"}));
  EXPECT_EQ(text.text, "One\n\nText.\n\nTwo\n\nMore.\n\nThree\n\n####### none #none");
}

TEST(markdown_text, leaves_code_comments_and_front_matter_out) {
  EXPECT_EQ(said("---\ntitle: x\n---\nOne.\n\n```c\nint a;\n\n# no\n```\nTwo.\n\n    code\n\n~~~~\n"
                 "```\n~~~\nx\n~~~~\nThree.\n<!-- a\nb -->\nFour."),
            "One.\n\nTwo.\n\nThree. Four.");
  EXPECT_EQ(said("One.\n```\nnever ended"), "One.");
}

TEST(markdown_text, has_the_texts_of_links_and_no_marks) {
  EXPECT_EQ(said("See [the *paper*](https://a.org/x \"t\") and ![a cat](c.png), [x][1][^2]."),
            "See the paper and a cat, x.");
  EXPECT_EQ(said("It **is** _very_ `fast` ~~not~~: 2 * 3 = a_b_c, \\*so\\* 5 < 6 &amp; 7."),
            "It is very fast not: 2 * 3 = a_b_c, *so* 5 < 6 & 7.");
  EXPECT_EQ(said("Go to <https://a.org/x> <br>now</p>."), "Go to https://a.org/x now.");
  EXPECT_EQ(said("[1]: https://a.org\n\nText [as it is] here."), "Text [as it is] here.");
}

TEST(markdown_text, of_any_bytes_takes_no_longer_than_they_are_many) {
  const std::size_t n_bytes = 1 << 20;
  for (const std::string_view part : {"[", "![", "](", "<a", "`", "*", "_ ", "#", "|", "> ", "- ",
                                      "\\", "&", "[a](", "\n", "a\n", "* a\n", "<!--", "```\n"}) {
    std::string text;
    while (text.size() < n_bytes) text += part;
    const auto start = std::chrono::steady_clock::now();
    const MarkdownText read = text_of_markdown(text);
    EXPECT_LE(read.text.size(), 2 * text.size()) << part;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << part;
  }
}

TEST(markdown_text, has_headings_inside_its_text_whatever_the_bytes) {
  std::mt19937 random(3);
  const std::vector<std::string> parts = {"#",  " ", "\n",   "a",  "*",     "[",  "](",
                                          ")",  "`", "```",  "-",  "=",     "|",  ">",
                                          "\t", "<", "\xff", "1.", "---\n", "]: "};
  for (int round = 0; round < 3000; ++round) {
    std::string markdown;
    for (std::size_t i = random() % 40; i > 0; --i) markdown += parts[random() % parts.size()];
    const MarkdownText read = text_of_markdown(markdown);
    std::size_t at = 0;
    for (const ByteSpan& heading : read.headings) {
      EXPECT_LE(at, heading.begin);
      EXPECT_LT(heading.begin, heading.end);
      at = heading.end;
    }
    EXPECT_LE(at, read.text.size());
  }
}

}  // namespace
}  // namespace quern::apps
