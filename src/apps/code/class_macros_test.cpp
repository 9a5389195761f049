#include "apps/code/class_macros.h"

#include <gtest/gtest.h>

namespace quern::apps {
namespace {

TEST(class_macros, a_macro_before_a_class_becomes_blanks) {
  EXPECT_EQ(without_class_macros("class API Box {};"), "class     Box {};");
  EXPECT_EQ(without_class_macros("struct MY_API Box : Base {}; class X {};"),
            "struct        Box : Base {}; class X {};");
  EXPECT_EQ(without_class_macros("class ALIGN(8) Box final {};"), "class          Box final {};");
}

TEST(class_macros, what_is_none_stays) {
  for (const char* text : {"class Box {};", "struct FOO bar;", "struct FOO {};",
                           "class API::Box {};", "subclass API Box {", "class API", "class API(",
                           "struct Foo bar {1};", "class", "", "struct FOO::bar {};"}) {
    EXPECT_FALSE(without_class_macros(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace quern::apps
