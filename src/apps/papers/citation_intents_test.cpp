#include "apps/papers/citation_intents.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

using Intents = std::vector<std::vector<std::string>>;

TEST(CitationIntents, ASectionTellsWhatItsSentencesCiteFor) {
  Paper paper;
  paper.sections = {
      {.heading = "Introduction", .text = "Taggers are old.\nBrants (2000)  made one."},
      {.heading = "Our method", .text = "We smooth as Brants (2000) did."},
      {.heading = "Experimental results", .text = "It is better than that of Brants (2000)."},
      {.heading = "Data", .text = "We use what Brants (2000) used."}};
  paper.references = {{.contexts = {"We smooth as Brants (2000) did.", "Brants (2000) made one.",
                                    "It is better than that of Brants (2000).",
                                    "We use what Brants (2000) used.", "Nobody said this."}},
                      {.contexts = {"We smooth as Brants (2000) did."},
                       .intents = {{"background"}}},  // Its source knows better.
                      {}};
  add_intents_by_section(paper);
  EXPECT_EQ(paper.references[0].intents,
            (Intents{{"methodology"}, {"background"}, {"result"}, {}, {}}));
  EXPECT_EQ(paper.references[1].intents, Intents{{"background"}});
  EXPECT_TRUE(paper.references[2].intents.empty());
}

TEST(CitationIntents, WithoutSectionsNothingIsSaid) {
  Paper paper;
  paper.references = {{.contexts = {"As Brants (2000) did."}}};
  add_intents_by_section(paper);
  EXPECT_TRUE(paper.references[0].intents.empty());
}

}  // namespace
}  // namespace quern::apps
