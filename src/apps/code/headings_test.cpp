#include "apps/code/headings.h"

#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace quern::apps {
namespace {

using Titles = std::vector<std::string>;

Titles titles(const std::string& text, const std::vector<Heading>& headings) {
  Titles out;
  for (const Heading& heading : headings) {
    out.push_back(fmt::format("{} {}", heading.level,
                              text.substr(heading.title, heading.title_end - heading.title)));
  }
  return out;
}

Titles markdown(const std::string& text) {
  return titles(text, markdown_headings(TextMeasure(text)));
}

Titles rst(const std::string& text) { return titles(text, rst_headings(TextMeasure(text))); }

TEST(headings, markdown_headings_of_both_kinds) {
  EXPECT_EQ(markdown("# One\ntext\n\n###  Two ##\n\nThree\n===\nFour\n---\n"),
            (Titles{"1 One", "3 Two", "1 Three", "2 Four"}));
}

TEST(headings, what_looks_like_a_markdown_heading_and_is_none) {
  EXPECT_EQ(markdown("#hashtag\n    # code\n####### seven\n#\n"), Titles{});
  EXPECT_EQ(markdown("```sh\n# comment\n```\n~~~\n# more\n```\n~~~\n# Real\n"), Titles{"1 Real"});
  EXPECT_EQ(markdown("````\n```\n# inside\n````\n# Real\n"), Titles{"1 Real"});
  EXPECT_EQ(markdown("---\ntitle: x\n---\n# Real\n"), Titles{"1 Real"});
  EXPECT_EQ(markdown("text\n\n---\n- item\n---\n| a |\n---\n"), Titles{});
}

TEST(headings, rst_levels_are_by_the_order_of_their_marks) {
  EXPECT_EQ(rst("====\nShop\n====\n\nOne\n---\ntext\n\nTwo\n~~~\n\nThree\n-----\n"),
            (Titles{"1 Shop", "2 One", "3 Two", "2 Three"}));
  EXPECT_EQ(rst("text\n\n----\n\nmore\n"), Titles{});
}

TEST(headings, sections_hold_their_subsections_and_have_their_path) {
  const std::string text = "# Shop\ntext\n## Install\nmake\n## Use\nrun\n# Notes\n";
  const ChunkedCode code = chunk_by_headings("markdown", text, {});
  ASSERT_EQ(code.symbols.size(), 4U);
  EXPECT_EQ(code.symbols[0].path, "Shop");
  EXPECT_EQ(code.symbols[0].span.last_line, 6);
  EXPECT_EQ(code.symbols[1].path, "Shop.Install");
  EXPECT_EQ(code.symbols[1].span.first_line, 3);
  EXPECT_EQ(code.symbols[1].span.last_line, 4);
  EXPECT_EQ(code.symbols[3].path, "Notes");
  EXPECT_TRUE(code.by_syntax);
}

TEST(headings, a_section_of_a_good_size_is_a_piece_of_its_own) {
  const std::string long_text(300, 'x');
  const std::string text = "# One\n" + long_text + "\n# Two\n" + long_text + "\n# Three\nshort\n";
  const ChunkedCode code = chunk_by_headings("markdown", text, {});
  ASSERT_EQ(code.chunks.size(), 3U);
  EXPECT_EQ(code.chunks[0].symbol, "One");
  EXPECT_EQ(code.chunks[1].symbol, "Two");
  EXPECT_EQ(code.chunks[2].symbol, "Three");
}

TEST(headings, any_text_is_covered) {
  std::mt19937 random(5);
  const std::string alphabet = "#=-`~ab  \n\n\n\t*";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const std::size_t n = random() % 200;
    while (text.size() < n) text += alphabet[random() % alphabet.size()];
    const TextMeasure measure(text);
    for (const char* language : {"markdown", "rst"}) {
      const CutSizes sizes = {.max_chars = 30, .alone_chars = 10, .tiny_chars = 4};
      std::size_t at = 0;
      for (const CodeChunk& chunk : chunk_by_headings(language, text, sizes).chunks) {
        ASSERT_LE(at, chunk.span.begin);
        EXPECT_EQ(measure.n_chars(at, chunk.span.begin), 0);
        EXPECT_LE(measure.n_chars(chunk.span.begin, chunk.span.end), 30);
        at = chunk.span.end;
      }
      EXPECT_EQ(measure.n_chars(at, text.size()), 0);
    }
  }
}

}  // namespace
}  // namespace quern::apps
