#include "apps/dialogue/learning_curve.h"

#include <gtest/gtest.h>

#include "apps/dialogue/test_dialogues.h"

namespace quern::apps {

TEST(learning_curve, more_dialogues_teach_more) {
  const auto seen = made_up_dialogues(400), others = made_up_dialogues(100, 8, 2);
  ThreadPool pool(2);
  const NamedTraining maps[] = {{"linear"},
                                {"tanh", {.context = {.reservoir = echo_state_spec(30, 1)}}}};
  const auto few = learning_point(seen, 20, others, {}, maps, pool);
  const auto many = learning_point(seen, 400, others, {}, maps, pool);
  ASSERT_TRUE(few.ok() && many.ok()) << few.status().message() << many.status().message();
  EXPECT_EQ(few->n_dialogues, 20u);
  ASSERT_EQ(many->rows.size(), 2u);
  EXPECT_EQ(many->rows[1].name, "tanh");
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_GT(many->rows[i].mrr, few->rows[i].mrr) << i;
    EXPECT_GT(few->rows[i].mrr_margin, 0);
    EXPECT_LT(few->rows[i].mrr_margin, 0.1);
    EXPECT_EQ(many->rows[i].n, few->rows[i].n);
  }
}

TEST(learning_curve, what_there_is_not_is_refused) {
  const auto seen = made_up_dialogues(30);
  ThreadPool pool(1);
  const NamedTraining maps[] = {{"linear"}};
  EXPECT_EQ(learning_point(seen, 31, seen, {}, maps, pool).status().code(), Code::kBadInput);
  EXPECT_EQ(learning_point(seen, 19, seen, {}, maps, pool).status().code(), Code::kBadInput);
  EXPECT_EQ(learning_point(seen, 30, {}, {}, maps, pool).status().code(), Code::kBadInput);
}

}  // namespace quern::apps
