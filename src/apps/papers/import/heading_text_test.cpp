#include "apps/papers/import/heading_text.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

using H = HeadingText;

TEST(heading_text, numbers_stand_apart_from_words) {
  EXPECT_EQ(heading_text_of("2.1 Related Work"), (H{"2.1", "Related Work"}));
  EXPECT_EQ(heading_text_of("3.  Method"), (H{"3", "Method"}));
  EXPECT_EQ(heading_text_of("IV. RESULTS"), (H{"IV", "RESULTS"}));
  EXPECT_EQ(heading_text_of("II METHOD"), (H{"II", "METHOD"}));
  EXPECT_EQ(heading_text_of("A.1 Proofs"), (H{"A.1", "Proofs"}));
  EXPECT_EQ(heading_text_of("B. Proofs"), (H{"B", "Proofs"}));
  EXPECT_EQ(heading_text_of("2."), (H{"2", ""}));
}

TEST(heading_text, words_are_no_numbers) {
  EXPECT_EQ(heading_text_of("A Survey of Parsing"), (H{"", "A Survey of Parsing"}));
  EXPECT_EQ(heading_text_of("I Think"), (H{"", "I Think"}));
  EXPECT_EQ(heading_text_of("2012 Shared Task"), (H{"", "2012 Shared Task"}));
  EXPECT_EQ(heading_text_of(""), (H{"", ""}));
}

TEST(heading_text, knows_bibliographies) {
  EXPECT_TRUE(is_bibliography_heading("REFERENCES"));
  EXPECT_FALSE(is_bibliography_heading("References to time"));
}

}  // namespace
}  // namespace quern::apps
