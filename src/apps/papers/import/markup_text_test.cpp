#include "apps/papers/import/markup_text.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

TEST(markup_text, tags_of_text_go) {
  EXPECT_EQ(without_markup("On <i>E. coli</i> &amp; H<sub>2</sub>O"), "On E. coli & H2O");
  EXPECT_EQ(without_markup("<jats:title>Abstract</jats:title><jats:p>One.</jats:p><jats:p "
                           "id=\"a\">Two.</jats:p>"),
            "Abstract\n\nOne.\n\nTwo.");
}

TEST(markup_text, what_only_looks_like_a_tag_stays) {
  for (const char* text :
       {"a<b and c>d", "p<0.05", "x < y", "<", "</", "<i", "<unknown>", "&", "&x;"}) {
    EXPECT_EQ(without_markup(text), text);
  }
}

}  // namespace
}  // namespace quern::apps
