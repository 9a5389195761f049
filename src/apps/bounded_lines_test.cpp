#include "apps/bounded_lines.h"

#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace quern::apps {

TEST(bounded_lines, are_those_of_getline_up_to_the_limit) {
  const std::string text = "one\n\nthree\r\n" + std::string(200'000, 'x') + "\nfive";
  std::istringstream in(text), plain(text);
  BoundedLines lines(in, 100'000);
  std::string wanted;
  std::size_t n = 0, n_bytes = 0;
  while (std::getline(plain, wanted)) {
    const auto line = lines.next();
    ASSERT_TRUE(line.ok() && *line);
    EXPECT_EQ((*line)->n_line, ++n);
    EXPECT_EQ((*line)->is_too_long, wanted.size() > 100'000);
    EXPECT_EQ((*line)->text, wanted.size() > 100'000 ? "" : wanted);
    n_bytes += (*line)->n_bytes;
  }
  EXPECT_FALSE(*lines.next());
  EXPECT_EQ(n, 5u);
  EXPECT_EQ(n_bytes, text.size());
}

}  // namespace quern::apps
