#include "engine/scoring/late_scores.h"

#include <atomic>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace quern::engine {
namespace {

class LateScores : public ::testing::Test {
 protected:
  LateScores() {
    formats::RowFacts rows{.n_values = 2};
    rows.late.emplace();
    formats::set_late_interaction(std::move(rows), head_);
    for (const float x : {1.0f, 2.0f, 3.0f}) {
      Outcome outcome;
      outcome.ids = {5};
      outcome.values = {x, x};
      outcomes_.push_back(std::move(outcome));
    }
  }

  void enter(std::size_t i) { score_late(head_, i, cancelled_, ThreadPool::serial(), outcomes_); }

  formats::HeadFacts head_;
  std::atomic<bool> cancelled_{false};
  std::vector<Outcome> outcomes_;  // A query and two documents.
};

TEST_F(LateScores, a_query_scores_the_documents_before_it) {
  enter(0);
  EXPECT_EQ(outcomes_[1].values, std::vector<float>{4});
  EXPECT_EQ(outcomes_[2].values, std::vector<float>{6});
  EXPECT_TRUE(outcomes_[1].ids.empty());
}

TEST_F(LateScores, nobody_scores_for_a_cancelled_request) {
  enter(1);
  cancelled_ = true;
  enter(2);
  EXPECT_EQ(outcomes_[1].values, std::vector<float>{4});
  EXPECT_EQ(outcomes_[2].status.code(), Code::kCancelled);
  EXPECT_TRUE(outcomes_[2].values.empty());
}

}  // namespace
}  // namespace quern::engine
