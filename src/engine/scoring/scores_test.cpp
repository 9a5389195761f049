#include "engine/scoring/scores.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace quern::engine {

TEST(scores, several_logits_share_a_softmax) {
  const float logits[] = {0, 0.6931472f, 1.3862944f};  // ln 1, ln 2, ln 4
  const std::vector<float> scores = scores_of(logits, Scale::kSoftmax);
  EXPECT_NEAR(scores[0], 1.0 / 7, 1e-7);
  EXPECT_NEAR(scores[1], 2.0 / 7, 1e-7);
  EXPECT_NEAR(scores[2], 4.0 / 7, 1e-7);
}

// Text Embeddings Inference subtracts the logit of the largest magnitude: exp(102) overflows.
TEST(scores, logits_of_any_size_stay_finite) {
  const float uneven[] = {-100, 2, 3};
  const std::vector<float> scores = scores_of(uneven, Scale::kSoftmax);
  EXPECT_NEAR(scores[2], 1 / (1 + std::exp(-1.0)), 1e-7);
  EXPECT_NEAR(scores[0] + scores[1] + scores[2], 1, 1e-6);
  const float huge[] = {-1e30f, 1e30f, 0};
  EXPECT_EQ(scores_of(huge, Scale::kSoftmax), (std::vector<float>{0, 1, 0}));
  EXPECT_EQ(scores_of(huge, Scale::kSigmoid), (std::vector<float>{0, 1, 0.5f}));
}

TEST(scores, a_sigmoid_takes_each_logit_by_itself) {
  const float logits[] = {0, 2, -2, -100};
  const std::vector<float> scores = scores_of(logits, Scale::kSigmoid);
  EXPECT_EQ(scores[0], 0.5f);
  EXPECT_NEAR(scores[1], 0.88079708, 1e-7);
  EXPECT_NEAR(scores[2], 0.11920292, 1e-7);
  EXPECT_NEAR(scores[3] / 3.7835059e-44, 1, 0.05);  // Small, and not 0.
}

TEST(scores, raw_scores_are_the_logits) {
  const float logits[] = {21.16f, -11.5f};
  EXPECT_EQ(scores_of(logits, Scale::kRaw), (std::vector<float>{21.16f, -11.5f}));
}

TEST(scores, a_wish_goes_before_the_models_own_scale) {
  EXPECT_EQ(*choose_scale({}, Scale::kSigmoid, 1), Scale::kSigmoid);
  EXPECT_EQ(*choose_scale(Scale::kRaw, Scale::kSigmoid, 1), Scale::kRaw);
  EXPECT_EQ(*choose_scale(Scale::kSoftmax, Scale::kRaw, 2), Scale::kSoftmax);
}

// A softmax over one logit gives every document the score 1.
TEST(scores, a_softmax_over_one_label_is_refused) {
  const Status status = choose_scale(Scale::kSoftmax, Scale::kRaw, 1).status();
  EXPECT_EQ(status.code(), Code::kBadInput);
  EXPECT_EQ(status.message(),
            "a softmax over the model's one label is always 1, want raw or sigmoid");
}

TEST(scores, of_equal_logits_the_earlier_is_better) {
  const float logits[] = {1, 3, 2, 3, 1};
  EXPECT_EQ(best_first(logits), (std::vector<std::size_t>{1, 3, 2, 0, 4}));
  EXPECT_TRUE(best_first({}).empty());
}

// As sigmoids all three are 1.
TEST(scores, large_logits_keep_their_order) {
  const float logits[] = {30, 50, 40};
  EXPECT_EQ(scores_of(logits, Scale::kSigmoid), (std::vector<float>{1, 1, 1}));
  EXPECT_EQ(best_first(logits), (std::vector<std::size_t>{1, 2, 0}));
}

}  // namespace quern::engine
