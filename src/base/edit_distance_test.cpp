#include "base/edit_distance.h"

#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(edit_distance, worked_examples) {
  EXPECT_EQ(edit_distance("", ""), 0);
  EXPECT_EQ(edit_distance("abc", ""), 3);
  EXPECT_EQ(edit_distance("", "ab"), 2);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
  EXPECT_EQ(edit_distance("flaw", "lawn"), 2);
}

TEST(edit_distance, is_a_metric) {
  std::mt19937 random(7);
  const auto word = [&] {
    std::string w(random() % 7, 'a');
    for (char& c : w) c = static_cast<char>('a' + random() % 3);
    return w;
  };
  for (int i = 0; i < 2000; ++i) {
    const std::string a = word(), b = word(), c = word();
    EXPECT_EQ(edit_distance(a, b), edit_distance(b, a));
    EXPECT_EQ(edit_distance(a, b) == 0, a == b);
    EXPECT_LE(edit_distance(a, c), edit_distance(a, b) + edit_distance(b, c));
  }
}

TEST(nearest_names, best_first_case_ignored_and_bounded) {
  const std::vector<std::string> names = {"all-MiniLM-L6-v2", "all-MiniLM-L12-v2", "nli-minilm-l6",
                                          "bge-base-en"};
  EXPECT_THAT(nearest_names("all-minilm-l6-v1", names, 2),
              ElementsAre("all-MiniLM-L6-v2", "all-MiniLM-L12-v2"));
  EXPECT_THAT(nearest_names("all-minilm-l6-v1", names, 1), ElementsAre("all-MiniLM-L6-v2"));
  EXPECT_THAT(nearest_names("BGE", names, 3), ElementsAre("bge-base-en"));
  EXPECT_THAT(nearest_names("zzzz", names, 3), IsEmpty());
  EXPECT_THAT(nearest_names("", names, 3), IsEmpty());
  EXPECT_THAT(nearest_names("bge", {}, 3), IsEmpty());
}

}  // namespace quern
