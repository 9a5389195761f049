#include "reservoir/recursive_least_squares.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace quern::reservoir {
namespace {

RecursiveLeastSquares made(int d_x, int d_y, const RecursiveOptions& options) {
  Result<RecursiveLeastSquares> out = RecursiveLeastSquares::make(d_x, d_y, options);
  EXPECT_TRUE(out.ok());
  return std::move(*out);
}

std::vector<float> random_row(std::mt19937& random, int n) {
  std::normal_distribution<float> draw;
  std::vector<float> out;
  for (int i = 0; i < n; ++i) out.push_back(draw(random));
  return out;
}

TEST(recursive_least_squares, without_forgetting_it_is_a_ridge_on_inputs_and_constant) {
  std::mt19937 random(1);
  // The ridge of RidgeFit leaves the bias free; here it is an input like others, so the constant is
  // put into both and the weights compared through what they predict.
  RecursiveLeastSquares learner = made(6, 2, {.ridge = 1e-3});
  RidgeSums sums(6, 2);
  for (int i = 0; i < 400; ++i) {
    const std::vector<float> x = random_row(random, 6);
    const std::vector<float> y = {x[0] - 2 * x[3] + 1, 0.5f * x[5] - 3};
    ASSERT_TRUE(learner.learn(x, y).ok());
    ASSERT_TRUE(sums.add(x, y).ok());
  }
  const Result<RidgeFit> fit = RidgeFit::make(sums);
  ASSERT_TRUE(fit.ok());
  const LinearReadout batch = *fit->solve(1e-3), online = learner.readout();
  for (std::size_t i = 0; i < batch.weights.size(); ++i) {
    EXPECT_NEAR(online.weights[i], batch.weights[i], 1e-4);
  }
  EXPECT_NEAR(online.bias[0], 1, 1e-4);
  EXPECT_NEAR(online.bias[1], -3, 1e-4);
}

TEST(recursive_least_squares, what_forgets_follows_a_rule_that_changes) {
  std::mt19937 random(2);
  RecursiveLeastSquares forgets = made(2, 1, {.forgetting = 0.95}), keeps = made(2, 1, {});
  for (int i = 0; i < 600; ++i) {
    const std::vector<float> x = random_row(random, 2);
    const std::vector<float> y = {i < 500 ? x[0] : -x[0]};
    ASSERT_TRUE(forgets.learn(x, y).ok());
    ASSERT_TRUE(keeps.learn(x, y).ok());
  }
  EXPECT_NEAR(forgets.readout().weights[0], -1, 0.05);
  EXPECT_GT(keeps.readout().weights[0], 0.4);
}

TEST(recursive_least_squares, inputs_that_say_nothing_do_not_make_it_burst) {
  std::mt19937 random(3);
  RecursiveLeastSquares learner = made(3, 1, {.forgetting = 0.9});
  const std::vector<float> same = {1, 1, 0};
  for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(learner.learn(same, std::vector<float>{2}).ok());
  for (const float w : learner.readout().weights) EXPECT_TRUE(std::isfinite(w));
  // And it still learns.
  for (int i = 0; i < 2000; ++i) {
    const std::vector<float> x = random_row(random, 3);
    ASSERT_TRUE(learner.learn(x, std::vector<float>{3 * x[2] - x[0]}).ok());
  }
  EXPECT_NEAR(learner.readout().weights[2], 3, 0.05);
  EXPECT_NEAR(learner.readout().weights[0], -1, 0.05);
}

TEST(recursive_least_squares, what_is_not_finite_is_refused_and_changes_nothing) {
  RecursiveLeastSquares learner = made(1, 1, {});
  const float nan = std::numeric_limits<float>::quiet_NaN();
  ASSERT_TRUE(learner.learn(std::vector<float>{1}, std::vector<float>{1}).ok());
  const LinearReadout before = learner.readout();
  EXPECT_FALSE(learner.learn(std::vector<float>{nan}, std::vector<float>{1}).ok());
  EXPECT_FALSE(learner.learn(std::vector<float>{1}, std::vector<float>{nan}).ok());
  EXPECT_EQ(learner.readout().weights, before.weights);
  EXPECT_FALSE(RecursiveLeastSquares::make(1, 1, {.ridge = 0}).ok());
  EXPECT_FALSE(RecursiveLeastSquares::make(1, 1, {.forgetting = 1.1}).ok());
}

}  // namespace
}  // namespace quern::reservoir
