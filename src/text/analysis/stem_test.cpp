#include "text/analysis/stem.h"

#include <string>

#include <gtest/gtest.h>

namespace quern::text {
namespace {

TEST(stem, examples_of_porters_paper) {
  PorterStemmer stemmer;
  const std::pair<const char*, const char*> cases[] = {{"caresses", "caress"},
                                                       {"ponies", "poni"},
                                                       {"cats", "cat"},
                                                       {"feed", "feed"},
                                                       {"agreed", "agre"},
                                                       {"motoring", "motor"},
                                                       {"hopping", "hop"},
                                                       {"happy", "happi"},
                                                       {"relational", "relat"},
                                                       {"triplicate", "triplic"},
                                                       {"adjustable", "adjust"},
                                                       {"rate", "rate"},
                                                       {"us", "us"},
                                                       {"s", "s"},
                                                       {"controll", "control"},
                                                       {"generalizations", "gener"}};
  for (const auto& [word, want] : cases) EXPECT_EQ(stemmer.stem(word), want);
}

TEST(stem, other_scripts_and_nothing_stay_as_they_are) {
  PorterStemmer stemmer;
  for (const std::string word : {"", "a", "größe", "слово", "日本語", "42"}) {
    EXPECT_EQ(stemmer.stem(word), word);
  }
}

TEST(stem, one_that_was_moved_goes_on) {
  PorterStemmer first;
  PorterStemmer second = std::move(first);
  EXPECT_EQ(second.stem("stones"), "stone");
}

}  // namespace
}  // namespace quern::text
