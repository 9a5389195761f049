#include "text/analysis/snippets.h"

#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/utf8.h"

namespace quern::text {
namespace {

using ::testing::ElementsAre;

// Every place of a word, as mark `what`.
void mark(std::string_view text, std::string_view word, std::uint32_t what,
          std::vector<Mark>& marks) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    marks.push_back({.span = {at, at + word.size()}, .what = what});
  }
  std::sort(marks.begin(), marks.end(),
            [](const Mark& a, const Mark& b) { return a.span.begin < b.span.begin; });
}

std::vector<std::string> shown(std::string_view text, std::span<const Mark> marks,
                               const SnippetSpec& spec) {
  std::vector<std::string> out;
  for (const Snippet& snippet : best_snippets(text, marks, spec)) {
    std::string& one = out.emplace_back();
    std::size_t at = snippet.part.begin;
    for (const TextSpan& span : snippet.marks) {
      one += text.substr(at, span.begin - at);
      one += "<" + std::string(text.substr(span.begin, span.end - span.begin)) + ">";
      at = span.end;
    }
    one += text.substr(at, snippet.part.end - at);
  }
  return out;
}

std::vector<std::string> sentences(std::string_view text) {
  std::vector<std::string> out;
  std::size_t begin = 0;
  for (const std::size_t end : sentence_ends(text)) {
    out.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return out;
}

}  // namespace

TEST(snippets, sentences_end_with_their_signs_and_lines_with_theirs) {
  EXPECT_THAT(sentences("One. Two (or 3.5)? \"Yes!\" No\nmore"),
              ElementsAre("One. ", "Two (or 3.5)? ", "\"Yes!\" ", "No\n", "more"));
  EXPECT_THAT(sentences("\u4e00\u3002\u4e8c"), ElementsAre("\u4e00\u3002", "\u4e8c"));
  EXPECT_THAT(sentence_ends(""), ElementsAre(0));
}

TEST(snippets, the_part_with_most_different_marks_is_shown) {
  const std::string text =
      "A cat sat. A cat, a cat and a cat. Nothing is here. The dog saw a cat. The end.";
  std::vector<Mark> marks;
  mark(text, "cat", 0, marks);
  mark(text, "dog", 1, marks);
  EXPECT_THAT(shown(text, marks, {.n_bytes = 30}), ElementsAre("The <dog> saw a <cat>. The end."));
  EXPECT_THAT(shown(text, marks, {.n_bytes = 30, .n_most = 2}),
              ElementsAre("A <cat>, a <cat> and a <cat>.", "The <dog> saw a <cat>. The end."));
  // Room that is left is filled with what stands around.
  EXPECT_THAT(shown(text, marks, {.n_bytes = 45}),
              ElementsAre("Nothing is here. The <dog> saw a <cat>. The end."));
  EXPECT_THAT(shown(text, marks, {.n_bytes = 1000}).size(), 1u);
}

TEST(snippets, heavier_marks_win_and_of_equals_the_first_part) {
  const std::string text = "aa bb.\nbb aa.\ncc dd.";
  std::vector<Mark> marks;
  mark(text, "aa", 0, marks);
  mark(text, "bb", 1, marks);
  EXPECT_THAT(shown(text, marks, {.n_bytes = 8}), ElementsAre("<aa> <bb>."));
  mark(text, "cc", 2, marks);
  for (Mark& m : marks) m.weight = m.what == 2 ? 5 : 1;
  EXPECT_THAT(shown(text, marks, {.n_bytes = 8}), ElementsAre("<cc> dd."));
}

TEST(snippets, without_marks_the_beginning_is_shown) {
  EXPECT_THAT(shown("\n  First line.\nSecond line.", {}, {.n_bytes = 15}),
              ElementsAre("First line."));
  EXPECT_TRUE(shown(" \n\t", {}, {}).empty());
  EXPECT_TRUE(shown("", {}, {}).empty());
}

TEST(snippets, marks_that_touch_are_one) {
  const std::string text = "getHTTPResponse here";
  const std::vector<Mark> marks = {
      {.span = {0, 15}, .what = 0}, {.span = {0, 3}, .what = 1}, {.span = {3, 7}, .what = 2}};
  EXPECT_THAT(shown(text, marks, {}), ElementsAre("<getHTTPResponse> here"));
}

TEST(snippets, long_sentences_are_cut_at_words_and_long_words_at_characters) {
  std::string words;
  for (int i = 0; i < 200; ++i) words += "word" + std::to_string(i) + " ";
  std::vector<Mark> marks;
  mark(words, "word150", 0, marks);
  const auto found = shown(words, marks, {.n_bytes = 60});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0], ::testing::HasSubstr("<word150>"));
  EXPECT_LE(found[0].size(), 62u);
  EXPECT_TRUE(found[0].starts_with("word") || found[0].starts_with("<word")) << found[0];

  std::string letters;
  for (int i = 0; i < 1000; ++i) letters += "é";
  marks = {{.span = {1000, 1004}, .what = 0}};
  const auto cut = best_snippets(letters, marks, {.n_bytes = 64});
  ASSERT_EQ(cut.size(), 1u);
  EXPECT_TRUE(is_valid_utf8(
      std::string_view(letters).substr(cut[0].part.begin, cut[0].part.end - cut[0].part.begin)));
  EXPECT_THAT(cut[0].marks, ElementsAre(TextSpan{1000, 1004}));
}

TEST(snippets, any_bytes_give_parts_within_the_text_that_cut_no_mark) {
  std::mt19937 random(5);
  for (int round = 0; round < 500; ++round) {
    std::string text;
    for (std::size_t n = random() % 300; n > 0; --n) {
      static const char* const kParts[] = {"a", "bc ", ". ", "\n", "é", "\xff", "\u4e00", "long"};
      text += kParts[random() % 8];
    }
    std::vector<Mark> marks;
    for (std::size_t at = 0; at + 3 < text.size(); at += 1 + random() % 40) {
      marks.push_back(
          {.span = {at, at + 1 + random() % 3}, .what = static_cast<std::uint32_t>(random() % 3)});
    }
    const SnippetSpec spec = {.n_bytes = 16 + random() % 60, .n_most = 1 + random() % 3};
    std::size_t before = 0;
    for (const Snippet& snippet : best_snippets(text, marks, spec)) {
      EXPECT_LE(before, snippet.part.begin);
      EXPECT_LT(snippet.part.begin, snippet.part.end);
      EXPECT_LE(snippet.part.end, text.size());
      before = snippet.part.end;
      std::size_t last = snippet.part.begin;
      for (const TextSpan& span : snippet.marks) {
        EXPECT_LE(last, span.begin);
        EXPECT_LT(span.begin, span.end);
        EXPECT_LE(span.end, snippet.part.end);
        last = span.end;
      }
    }
  }
}

}  // namespace quern::text
