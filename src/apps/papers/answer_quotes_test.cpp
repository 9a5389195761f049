#include "apps/papers/answer_quotes.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

TEST(AnswerQuotes, WhatCanBeSaidOnItsOwnIsQuotable) {
  EXPECT_TRUE(is_quotable("The tagger reaches an accuracy of 96.7 percent on the test corpus."));
  EXPECT_TRUE(is_quotable("\"Trigrams are enough\", as we have shown in this very paper."));
  for (const char* text :
       {"Too short to say it.", "Figure 3 shows the accuracy of all the taggers we tried.",
        "and then the rest of a sentence that was cut somewhere before.",
        "p(t|w) = p(w|t) p(t) / p(w) = 0.5 * 0.3 / 0.1 = 1.5 = x = y.",
        "The sentence goes on and on and never comes to its",
        "Table 1 has 10 20 30 40 50 60 70 80 90 100 110 120 130 140."}) {
    EXPECT_FALSE(is_quotable(text)) << text;
  }
}

TEST(AnswerQuotes, HeadingsTellTheirPart) {
  EXPECT_EQ(part_of_paper(SnippetKind::kAbstract, ""), PaperPart::kAbstract);
  EXPECT_EQ(part_of_paper(SnippetKind::kBody, "1 Introduction"), PaperPart::kBackground);
  EXPECT_EQ(part_of_paper(SnippetKind::kBody, "2 RELATED WORK"), PaperPart::kBackground);
  EXPECT_EQ(part_of_paper(SnippetKind::kBody, "3 The Model"), PaperPart::kApproach);
  EXPECT_EQ(part_of_paper(SnippetKind::kBody, "4 Experiments and Results"), PaperPart::kResults);
  EXPECT_EQ(part_of_paper(SnippetKind::kBody, "5 Conclusions"), PaperPart::kDiscussion);
  EXPECT_EQ(part_of_paper(SnippetKind::kBody, ""), PaperPart::kApproach);
}

KnownPaper paper_by(std::vector<std::string> names, int year) {
  KnownPaper out;
  for (std::string& name : names) out.paper.authors.push_back({.name = std::move(name)});
  out.paper.year = year;
  out.paper.title = "On the use of things";
  return out;
}

TEST(AnswerQuotes, ReferencesAreNeverTheSame) {
  const std::vector<KnownPaper> papers = {paper_by({"Thorsten Brants"}, 2000),
                                          paper_by({"Ada Doe", "B. Roe", "C. Poe"}, 2024),
                                          paper_by({"Ann Doe", "X. Y", "Z. Z"}, 2024),
                                          paper_by({"Ann Doe", "X. Yu"}, 0), paper_by({}, 1999)};
  EXPECT_EQ(references_of(papers),
            (std::vector<std::string>{"Brants, 2000", "Doe et al., 2024", "Doe et al._1, 2024",
                                      "Doe & Yu, n.d.", "On the use, 1999"}));
}

}  // namespace
}  // namespace quern::apps
