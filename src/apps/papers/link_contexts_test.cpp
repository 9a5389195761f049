#include "apps/papers/link_contexts.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

TEST(LinkContexts, ComeBackAsTheyWere) {
  for (const LinkContexts& contexts :
       {LinkContexts(), LinkContexts{.texts = {"a", "b"}},
        LinkContexts{.texts = {"a", "b"}, .intents = {{}, {"result", "background"}}},
        LinkContexts{.texts = {"a"}, .is_influential = true},
        LinkContexts{.is_influential = true}}) {
    EXPECT_EQ(contexts_from_bytes(bytes_from_contexts(contexts)), contexts);
  }
}

TEST(LinkContexts, AListOfTextsIsWhatLibrariesHadBefore) {
  EXPECT_EQ(bytes_from_contexts({.texts = {"a"}, .intents = {{}}}), R"(["a"])");
  EXPECT_EQ(contexts_from_bytes(R"(["a","b"])").texts, (std::vector<std::string>{"a", "b"}));
  for (const char* damaged : {"", "{", "7", R"({"texts":3,"intents":[["x"]]})"}) {
    EXPECT_EQ(contexts_from_bytes(damaged), LinkContexts()) << damaged;
  }
}

TEST(LinkContexts, IntentsAreThoseOfAllTexts) {
  const LinkContexts contexts{.texts = {"a", "b", "c"},
                              .intents = {{"result"}, {"background", "result"}}};
  EXPECT_EQ(contexts.all_intents(), (std::vector<std::string>{"result", "background"}));
  EXPECT_EQ(contexts.intents_of(1).size(), 2u);
  EXPECT_TRUE(contexts.intents_of(2).empty());
}

}  // namespace
}  // namespace quern::apps
