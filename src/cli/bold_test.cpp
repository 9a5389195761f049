#include "cli/bold.h"

#include <vector>

#include <gtest/gtest.h>

namespace quern::cli {

TEST(bold, spans_are_marked_and_lines_stay_lines) {
  const std::vector<BoldSpan> spans = {{0, 1}, {2, 4}, {4, 4}};
  EXPECT_EQ(bold_line("a\nbc d", spans, true), "\033[1ma\033[0m \033[1mbc\033[0m d");
  EXPECT_EQ(bold_line("a\nbc d", spans, false), "a bc d");
  EXPECT_EQ(bold_line("\033[2m", {}, true), " [2m");
}

}  // namespace quern::cli
