#include "store/rank/logistic.h"

#include <cmath>
#include <limits>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quern::store {
namespace {

using ::testing::HasSubstr;

struct Rows {
  int n_signals = 0;
  std::vector<double> x = {}, y = {}, w = {};

  void add(const std::vector<double>& signals, double is_positive, double weight = 1) {
    x.insert(x.end(), signals.begin(), signals.end());
    y.push_back(is_positive);
    w.push_back(weight);
  }
  LogisticData data() const {
    return {.x = x, .is_positive = y, .weights = w, .n_signals = n_signals};
  }
};

double probability(const LogisticModel& model, const std::vector<double>& x) {
  return 1 / (1 + std::exp(-model.log_odds(x)));
}

TEST(logistic, worked_example_without_a_signal) {
  // The signal has no spread, so the bias is the log odds of 3 to 1.
  Rows rows{.n_signals = 1};
  rows.add({5}, 1, 3);
  rows.add({5}, 0, 1);
  const auto model = fit_logistic(rows.data(), 1);
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ(model->weights[0], 0);
  EXPECT_NEAR(model->bias, std::log(3.0), 1e-9);
}

TEST(logistic, worked_example_of_two_groups) {
  // Symmetric: the bias is 0 at the middle and the weight b of the signal +-1 (its deviation is 1)
  // solves 100 * (0.8 - p) = b, where p = 1 / (1 + exp(-b)) (the ridge's pull).
  Rows rows{.n_signals = 1};
  rows.add({1}, 1, 40);
  rows.add({1}, 0, 10);
  rows.add({-1}, 1, 10);
  rows.add({-1}, 0, 40);
  const auto model = fit_logistic(rows.data(), 1);
  ASSERT_TRUE(model.ok());
  const double b = model->weights[0];
  EXPECT_NEAR(model->bias, 0, 1e-9);
  EXPECT_NEAR(100 * (0.8 - 1 / (1 + std::exp(-b))), b, 1e-6);
}

TEST(logistic, finds_the_weights_that_made_the_answers) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  Rows rows{.n_signals = 3};
  for (int i = 0; i < 20000; ++i) {
    // The units of the signals do not matter.
    const std::vector<double> x = {normal(random), 1000 * normal(random) + 5000, normal(random)};
    const double z = 0.5 + 2 * x[0] - (x[1] - 5000) / 1000;
    rows.add(x, uniform(random) < 1 / (1 + std::exp(-z)));
  }
  const auto model = fit_logistic(rows.data(), 1);
  ASSERT_TRUE(model.ok());
  EXPECT_NEAR(model->weights[0], 2, 0.1);
  EXPECT_NEAR(model->weights[1] * 1000, -1, 0.07);
  EXPECT_NEAR(model->weights[2], 0, 0.06);
  EXPECT_NEAR(model->bias + 5000 * model->weights[1], 0.5, 0.07);
}

// At the maximum no small change of a weight gains anything.
TEST(logistic, is_at_the_maximum) {
  Rows rows{.n_signals = 2};
  std::mt19937 random(2);
  std::normal_distribution<double> normal;
  for (int i = 0; i < 50; ++i) {
    const double a = normal(random), b = normal(random);
    rows.add({a, b}, a + normal(random) > 0, 0.5 + i % 3);
  }
  const auto model = fit_logistic(rows.data(), 1e-9);
  ASSERT_TRUE(model.ok());
  double bias = 0, first = 0;
  for (std::size_t i = 0; i < rows.y.size(); ++i) {
    const std::vector<double> x = {rows.x[2 * i], rows.x[2 * i + 1]};
    const double off = rows.w[i] * (rows.y[i] - probability(*model, x));
    bias += off;
    first += off * x[0];
  }
  EXPECT_NEAR(bias, 0, 1e-4);
  EXPECT_NEAR(first, 0, 1e-4);
}

TEST(logistic, perfectly_separated_answers_stay_finite) {
  Rows rows{.n_signals = 2};
  for (int i = 0; i < 20; ++i) rows.add({i < 10 ? 0.0 : 1.0, i < 10 ? 0.0 : 1e6}, i >= 10);
  const auto model = fit_logistic(rows.data(), 1);
  ASSERT_TRUE(model.ok());
  EXPECT_TRUE(std::isfinite(model->weights[0]) && std::isfinite(model->bias));
  EXPECT_GT(probability(*model, {1, 1e6}), 0.8);
  EXPECT_LT(probability(*model, {0, 0}), 0.2);
}

TEST(logistic, what_teaches_nothing_is_refused) {
  Rows rows{.n_signals = 1};
  EXPECT_THAT(fit_logistic(rows.data(), 1).status().message(), HasSubstr("relevant"));
  rows.add({1}, 1);
  EXPECT_THAT(fit_logistic(rows.data(), 1).status().message(), HasSubstr("irrelevant"));
  rows.add({std::numeric_limits<double>::infinity()}, 0);
  EXPECT_THAT(fit_logistic(rows.data(), 1).status().message(), HasSubstr("finite"));
  rows.x.back() = 1;
  rows.w.back() = -1;
  EXPECT_THAT(fit_logistic(rows.data(), 1).status().message(), HasSubstr("out of range"));
}

}  // namespace
}  // namespace quern::store
