#include "cli/hypotheses.h"

#include <gtest/gtest.h>

namespace quern::cli {

TEST(hypotheses, each_text_is_paired_with_each_label_under_its_line) {
  std::vector<engine::Input> texts(2);
  texts[0].text = "one";
  texts[1].text = "two";
  texts[1].text_pair = "a pair";
  const engine::ZeroShot asked = {.labels = {"a", "b"}, .hypothesis = "is {}"};
  const auto pairs = hypotheses_of(engine::list_source(std::move(texts)), asked);
  for (const char* want : {"is a", "is b"}) {
    engine::TextItem item;
    ASSERT_TRUE(*pairs->next(item));
    EXPECT_EQ(item.line, 1);
    EXPECT_EQ(item.text, "one");
    EXPECT_EQ(item.text_pair, want);
    EXPECT_TRUE(item.status.ok());
  }
  for (int i = 0; i < 2; ++i) {
    engine::TextItem item;
    ASSERT_TRUE(*pairs->next(item));
    EXPECT_EQ(item.line, 2);
    EXPECT_EQ(item.status.code(), Code::kBadInput);
  }
  engine::TextItem none;
  EXPECT_FALSE(*pairs->next(none));
}

}  // namespace quern::cli
