#include "apps/papers/answer_plan.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

using Quotes = std::vector<std::size_t>;

TEST(AnswerPlan, SectionsAreThoseThatHaveQuotes) {
  const auto plan = plan_of_reply(
      R"(Sure! {"cot": "...", "report_title": "On [1] tagging", "dimensions": [
        {"name": "Background", "format": "synthesis", "quotes": [2]},
        {"name": "Nothing", "format": "synthesis", "quotes": []},
        {"name": "", "quotes": [3]},
        {"name": "Systems", "format": "list", "quotes": [1, "2", 9, 0, "x"]}]})",
      4);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  EXPECT_EQ(plan->title, "On (1) tagging");
  ASSERT_EQ(plan->sections.size(), 3u);
  EXPECT_EQ(plan->sections[0].title, "Background");
  EXPECT_EQ(plan->sections[0].quotes, Quotes{1});
  EXPECT_TRUE(plan->sections[1].is_list);
  EXPECT_EQ(plan->sections[1].quotes, Quotes{0});       // The second is in a section before.
  EXPECT_EQ(plan->sections[2].quotes, (Quotes{2, 3}));  // That no section has.
  EXPECT_EQ(plan->n_invented, 1u);
}

TEST(AnswerPlan, WhatIsNoPlanIsRefused) {
  for (const char* bad : {"", "no plan", "{}", R"({"dimensions": 3})", R"({"dimensions": [3]})",
                          R"({"dimensions": [{"name": "A", "quotes": [9]}]})"}) {
    EXPECT_FALSE(plan_of_reply(bad, 3).ok()) << bad;
  }
}

TEST(AnswerPlan, WithoutAModelThePartsOfPapersAreTheSections) {
  PaperAnswer answer;
  answer.quotes.resize(4);
  answer.quotes[0].section = "5 Results";
  answer.quotes[1].kind = SnippetKind::kAbstract;
  answer.quotes[2].section = "5 Experiments";
  answer.quotes[3].section = "The algorithm";
  const AnswerPlan plan = plan_by_parts(answer);
  ASSERT_EQ(plan.sections.size(), 3u);
  EXPECT_EQ(plan.sections[0].title, "In short");
  EXPECT_EQ(plan.sections[1].title, "Approaches");
  EXPECT_EQ(plan.sections[2].quotes, (Quotes{0, 2}));
}

}  // namespace
}  // namespace quern::apps
