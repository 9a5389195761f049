#include "apps/papers/question_parts.h"

#include <gtest/gtest.h>

#include "apps/papers/paper_dates.h"

namespace quern::apps {
namespace {

struct Years {
  const char* question;
  const char* years;
  const char* search;
};

TEST(QuestionParts, YearsOfPapersAreAFilter) {
  const Years all[] = {
      {"papers since 2015 on attention", "2015-", "on attention"},
      {"What work published before 2000 deals with tagging?", "-1999", "deals with tagging"},
      {"studies from 2001 to 2004 of parsing", "2001-2004", "of parsing"},
      {"research in the 1990s about tagging", "1990-1999", "about tagging"},
      {"articles in 2003 about alignment", "2003", "about alignment"},
      {"papers of the last five years about parsing", "2021-", "about parsing"}};
  for (const Years& one : all) {
    const QuestionParts parts = parts_of_question(one.question, 2026);
    ASSERT_TRUE(parts.published) << one.question;
    const auto days = days_of_years(one.years);
    ASSERT_TRUE(days.ok());
    EXPECT_EQ(parts.published->first, days->first) << one.question;
    EXPECT_EQ(parts.published->last, days->last) << one.question;
    EXPECT_EQ(parts.search, one.search) << one.question;
  }
}

TEST(QuestionParts, YearsOfSentencesAreNone) {
  for (const char* question :
       {"In 2003, Och proposed minimum error rate training.",
        "Brants (2000) has achieved automated tagging", "the CoNLL 2003 shared task",
        "What happened to tagging since 1998?"}) {
    EXPECT_FALSE(parts_of_question(question, 2026).published) << question;
  }
}

TEST(QuestionParts, WhatIsLookedForIsWithoutTheAsking) {
  EXPECT_EQ(parts_of_question("What is\n a conditional random field?", 2026).search,
            "a conditional random field");
  EXPECT_EQ(parts_of_question("How do taggers handle unknown words?", 2026).search,
            "taggers handle unknown words");
  EXPECT_EQ(parts_of_question("papers about sentence compression", 2026).search,
            "sentence compression");
  EXPECT_EQ(parts_of_question("why?", 2026).search, "why?");
  EXPECT_EQ(parts_of_question("", 2026).search, "");
  const std::string text(10'000, 'x');
  EXPECT_EQ(parts_of_question(text, 2026).search, text);
}

}  // namespace
}  // namespace quern::apps
