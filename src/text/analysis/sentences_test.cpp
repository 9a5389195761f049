#include "text/analysis/sentences.h"

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/char_class.h"
#include "base/utf8.h"

namespace quern::text {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> cut(const std::string& text) {
  std::vector<std::string> out;
  for (const ByteSpan& span : sentences_of(text)) {
    out.push_back(text.substr(span.begin, span.end - span.begin));
  }
  return out;
}

// Whatever the text: spans ascend, cut no character, and leave nothing out but blanks.
void check_spans(const std::string& text) {
  std::size_t at = 0;
  const auto expect_blank_to = [&](std::size_t end) {
    while (at < end) {
      const Decoded c = decode_utf8(text, at);
      EXPECT_TRUE(is_white_space(c.code)) << "byte " << at;
      at += static_cast<std::size_t>(c.n_bytes);
    }
    EXPECT_EQ(at, end) << text.substr(0, 200);
  };
  for (const ByteSpan& span : sentences_of(text)) {
    expect_blank_to(span.begin);
    EXPECT_LT(span.begin, span.end);
    EXPECT_LE(span.end, text.size());
    EXPECT_LE(span.end - span.begin, kMaxSentenceBytes);
    EXPECT_FALSE(is_white_space(decode_utf8(text, span.begin).code)) << text.substr(0, 200);
    // Characters are read from the first byte on: each ends where the next begins.
    for (at = span.begin; at < span.end;) {
      at += static_cast<std::size_t>(decode_utf8(text, at).n_bytes);
    }
    EXPECT_EQ(at, span.end) << "a character is cut in " << text.substr(0, 200);
  }
  expect_blank_to(text.size());
}

TEST(sentences, end_behind_stops) {
  EXPECT_THAT(cut("One is here. Two follows! Is three? Yes."),
              ElementsAre("One is here.", "Two follows!", "Is three?", "Yes."));
  EXPECT_THAT(cut("  no stop at all  "), ElementsAre("no stop at all"));
  EXPECT_THAT(cut(""), ElementsAre());
  EXPECT_THAT(cut(" \n\t\r\n "), ElementsAre());
}

TEST(sentences, go_on_behind_abbreviations) {
  for (const char* whole :
       {"As shown in Fig. 2 the rate rose.", "As shown in Figs. S1 and S2 it rose.",
        "Smith et al. (2010) disagree.", "Smith et al. Nature 2010 disagree.",
        "Some drugs, e.g. Aspirin, work.", "Others, i.e. Ibuprofen, do not.",
        "Dr. Smith met Mr. Jones and Prof. Li.", "John F. Kennedy spoke to J. R. Smith.",
        "The U.S. Senate voted.", "It grew by approx. 20 per cent vs. Placebo.",
        "Growth of E. coli and S. aureus was slow.", "See Vol. 3, No. 12 and pp. 4-5.",
        "They gave it i.v. once a day.", "A Ph.D. student of St. Mary found it."}) {
    EXPECT_THAT(cut(whole), ElementsAre(whole));
  }
  EXPECT_THAT(cut("It was found by Smith et al. The others failed."),
              ElementsAre("It was found by Smith et al.", "The others failed."));
  EXPECT_THAT(cut("He lives in the U.S. However, he works elsewhere."),
              ElementsAre("He lives in the U.S.", "However, he works elsewhere."));
  EXPECT_THAT(cut("They are in group C. The others are not."),
              ElementsAre("They are in group C.", "The others are not."));
}

TEST(sentences, are_not_cut_in_numbers_and_addresses) {
  for (const char* whole :
       {"A rate of 3.14 or .5 or 1.000.000 was found.",
        "See https://example.org/a.html?x=1.2&y=Z.Now for more.", "Write to a.b@example.org today.",
        "Version 2.0.1 of foo.Bar came out.", "P <.001 and p = 0. 05 were seen."}) {
    EXPECT_THAT(cut(whole), ElementsAre(whole));
  }
  EXPECT_THAT(cut("It was 3.5. The next was 4."), ElementsAre("It was 3.5.", "The next was 4."));
  EXPECT_THAT(cut("It is at http://a.org/x. The next is not."),
              ElementsAre("It is at http://a.org/x.", "The next is not."));
}

TEST(sentences, take_quotes_brackets_and_references_along) {
  EXPECT_THAT(cut("\"Stop.\" He left. (He came back.) Then [at last.] \u201cWell.\u201d It ended."),
              ElementsAre("\"Stop.\"", "He left.", "(He came back.)", "Then [at last.]",
                          "\u201cWell.\u201d", "It ended."));
  EXPECT_THAT(cut("\"Stop!\" he said. It was late."),
              ElementsAre("\"Stop!\" he said.", "It was late."));
  EXPECT_THAT(cut("It kills cells.[12,13] The dose was low.14 We saw it."),
              ElementsAre("It kills cells.[12,13]", "The dose was low.14", "We saw it."));
  EXPECT_THAT(cut("It did (p < .05). Next came 5 patients."),
              ElementsAre("It did (p < .05).", "Next came 5 patients."));
}

TEST(sentences, begin_with_terms_and_numbers) {
  EXPECT_THAT(cut("It is bound. p53 is not. mTOR is. 12 patients died. \u00c9tienne knew."),
              ElementsAre("It is bound.", "p53 is not.", "mTOR is.", "12 patients died.",
                          "\u00c9tienne knew."));
  EXPECT_THAT(cut("It binds to \u03b2-catenin. \u03b2-catenin moves. They took 2 mg/d. High doses "
                  "did not."),
              ElementsAre("It binds to \u03b2-catenin.", "\u03b2-catenin moves.",
                          "They took 2 mg/d.", "High doses did not."));
  EXPECT_THAT(cut("It is a sign of ED. Direct tests are rare. It took 5 min. Mice slept."),
              ElementsAre("It is a sign of ED.", "Direct tests are rare.", "It took 5 min.",
                          "Mice slept."));
  EXPECT_THAT(cut("It grew in the cells.The results were clear."),
              ElementsAre("It grew in the cells.", "The results were clear."));
}

TEST(sentences, go_on_behind_an_ellipsis_in_their_midst) {
  EXPECT_THAT(cut("Well... perhaps it is. Well... The end \u2026 of it."),
              ElementsAre("Well... perhaps it is.", "Well...", "The end \u2026 of it."));
}

TEST(sentences, of_other_scripts_end_with_their_own_stops) {
  EXPECT_THAT(cut("\u8fd9\u662f\u4e00\u3002\u8fd9\u662f\u4e8c\uff01\u300c\u4e09\u3002\u300d"
                  "\u56db"),
              ElementsAre("\u8fd9\u662f\u4e00\u3002", "\u8fd9\u662f\u4e8c\uff01",
                          "\u300c\u4e09\u3002\u300d", "\u56db"));
  EXPECT_THAT(cut("\u092f\u0939 \u090f\u0915 \u0964 \u092f\u0939 \u0926\u094b \u0964"),
              ElementsAre("\u092f\u0939 \u090f\u0915 \u0964", "\u092f\u0939 \u0926\u094b \u0964"));
}

TEST(sentences, end_where_headings_items_and_paragraphs_do) {
  EXPECT_THAT(cut("Introduction\n\nThe heart beats\nall day. It\nrests.\n\nMethods\n\nWe looked."),
              ElementsAre("Introduction", "The heart beats\nall day.", "It\nrests.", "Methods",
                          "We looked."));
  EXPECT_THAT(cut("Results\nThe heart of a mouse beats much faster than one would think of it,\n"
                  "and so does that of a shrew, as was seen in each of the laboratories."),
              ElementsAre("Results",
                          "The heart of a mouse beats much faster than one would think of it,\n"
                          "and so does that of a shrew, as was seen in each of the laboratories."));
  EXPECT_THAT(
      cut("We used:\n- two mice\n- a shrew\n1. First things\n2. Second things"),
      ElementsAre("We used:", "- two mice", "- a shrew", "1. First things", "2. Second things"));
  EXPECT_THAT(cut("1. Wash hands. 2. Dry them."), ElementsAre("1. Wash hands.", "2. Dry them."));
}

TEST(sentences, that_are_too_long_are_cut_between_words) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "word" + std::to_string(i) + " ";
  const std::vector<std::string> pieces = cut(text);
  EXPECT_GT(pieces.size(), 5u);
  for (const std::string& piece : pieces) {
    EXPECT_LE(piece.size(), kMaxSentenceBytes);
    EXPECT_TRUE(piece.starts_with("word")) << piece;
  }
  std::string one_word;
  for (int i = 0; i < 3000; ++i) one_word += "\u4e2d";
  check_spans(one_word);
  check_spans(text);
}

TEST(sentences, of_any_bytes_lose_and_cut_nothing) {
  std::mt19937 random(7);
  const std::vector<std::string> parts = {".",      "!",        "?",          " ",
                                          "\n",     "\n\n",     "\"",         ")",
                                          "(",      "Fig",      "et al",      "The",
                                          "a",      "B",        "1",          "0",
                                          "\u3002", "\u4e2d",   "\u2026",     "\u00a0",
                                          "\xff",   "\xe4\xb8", "\u201d",     "[1]",
                                          "- ",     "\u2022",   "http://a.b", "\t",
                                          "\r\n",   "p53",      "\f",         std::string(1, '\0')};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const int n = static_cast<int>(random() % 40);
    for (int i = 0; i < n; ++i) text += parts[random() % parts.size()];
    check_spans(text);
  }
}

// Quadratic work on a megabyte would take minutes.
TEST(sentences, of_hostile_texts_take_no_longer) {
  const std::size_t n_bytes = 1 << 20;
  std::vector<std::string> texts = {std::string(n_bytes, 'a'), std::string(n_bytes, '.'),
                                    std::string(n_bytes, ' '), std::string(n_bytes, '\n'),
                                    std::string(n_bytes, '('), std::string(n_bytes, '\x80')};
  for (const std::string_view part :
       {". ", "a. ", ".)", ".[1", "a\n", "- \n", "A.", ". \"(", "Fig. ", "\u3002", "?)\n", "a.1"}) {
    std::string& text = texts.emplace_back();
    while (text.size() < n_bytes) text += part;
  }
  texts.push_back("a." + std::string(n_bytes, ' ') + ".");
  for (const std::string& text : texts) {
    const auto start = std::chrono::steady_clock::now();
    check_spans(text);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10))
        << text.substr(0, 8);
  }
}

}  // namespace
}  // namespace quern::text
