#include "reservoir/ridge.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace quern::reservoir {
namespace {

struct Rows {
  int n, d_x, d_y;
  std::vector<float> x, y;
};

Rows random_rows(int n, int d_x, int d_y, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> draw;
  Rows out = {.n = n, .d_x = d_x, .d_y = d_y, .x = {}, .y = {}};
  for (int i = 0; i < n * d_x; ++i) out.x.push_back(draw(random) + 0.5f);
  for (int i = 0; i < n * d_y; ++i) out.y.push_back(draw(random) - 2);
  return out;
}

RidgeSums sums_of(const Rows& rows) {
  RidgeSums out(rows.d_x, rows.d_y);
  EXPECT_TRUE(out.add(rows.x, rows.y).ok());
  return out;
}

LinearReadout solved(const RidgeSums& sums, double lambda) {
  Result<RidgeFit> fit = RidgeFit::make(sums);
  EXPECT_TRUE(fit.ok());
  Result<LinearReadout> out = fit->solve(lambda);
  EXPECT_TRUE(out.ok()) << out.status().message();
  return out.ok() ? *out : LinearReadout();
}

TEST(ridge, a_line_through_points) {
  // y = 3 x - 1 through (0, -1), (1, 2), (2, 5); with a ridge of 2 the slope is 6 / (2 + 2) = 1.5.
  RidgeSums sums(1, 1);
  ASSERT_TRUE(sums.add(std::vector<float>{0, 1, 2}, std::vector<float>{-1, 2, 5}).ok());
  EXPECT_NEAR(solved(sums, 0).weights[0], 3, 1e-6);
  EXPECT_NEAR(solved(sums, 0).bias[0], -1, 1e-6);
  EXPECT_NEAR(solved(sums, 2).weights[0], 1.5, 1e-6);
  EXPECT_NEAR(solved(sums, 2).bias[0], 0.5, 1e-6);
}

TEST(ridge, threads_change_no_bit_and_some_of_the_inputs_are_as_if_they_were_all) {
  const Rows rows = random_rows(70, 67, 5, 1);
  const std::vector<int> columns = {0, 1, 2, 30, 31, 66};
  Rows some = {.n = rows.n, .d_x = 6, .d_y = 5, .x = {}, .y = rows.y};
  for (int r = 0; r < rows.n; ++r) {
    for (const int column : columns) {
      some.x.push_back(rows.x[static_cast<std::size_t>(r * rows.d_x + column)]);
    }
  }
  ThreadPool pool(3);
  RidgeSums sums(rows.d_x, rows.d_y);
  ASSERT_TRUE(sums.add(rows.x, rows.y, pool).ok());
  EXPECT_EQ(solved(sums, 1).weights, solved(sums_of(rows), 1).weights);
  const LinearReadout got = solved(sums.of_columns(columns), 1), want = solved(sums_of(some), 1);
  EXPECT_EQ(got.weights, want.weights);
  EXPECT_EQ(got.bias, want.bias);
  EXPECT_EQ(*sums.of_columns(columns).mean_error(want), *sums_of(some).mean_error(want));
}

// At the minimum the gradient is zero: sum (x - mean)(y - W^T x - b)^T = lambda W.
TEST(ridge, every_lambda_of_one_factorisation_is_at_its_minimum) {
  const Rows rows = random_rows(300, 40, 5, 1);
  const Result<RidgeFit> fit = RidgeFit::make(sums_of(rows));
  ASSERT_TRUE(fit.ok());
  for (const double lambda : {0.0, 1e-3, 1.0, 100.0, 1e6}) {
    const Result<LinearReadout> readout = fit->solve(lambda);
    ASSERT_TRUE(readout.ok());
    std::vector<double> gradient(40 * 5), residuals(5);
    std::vector<float> out(5);
    for (int r = 0; r < rows.n; ++r) {
      const std::span<const float> x(&rows.x[static_cast<std::size_t>(r) * 40], 40);
      readout->apply(x, out);
      for (std::size_t j = 0; j < 5; ++j) {
        const double miss = static_cast<double>(rows.y[static_cast<std::size_t>(r) * 5 + j]) -
                            static_cast<double>(out[j]);
        residuals[j] += miss;
        for (std::size_t i = 0; i < 40; ++i)
          gradient[i * 5 + j] += static_cast<double>(x[i]) * miss;
      }
    }
    for (std::size_t j = 0; j < 5; ++j) EXPECT_NEAR(residuals[j], 0, 2e-3) << lambda;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      EXPECT_NEAR(gradient[i], lambda * static_cast<double>(readout->weights[i]), 5e-3) << lambda;
    }
  }
}

TEST(ridge, rows_in_pieces_have_the_sums_of_all_and_can_be_taken_away_again) {
  const Rows all = random_rows(100, 7, 3, 2);
  RidgeSums first(7, 3), second(7, 3);
  const std::span<const float> x(all.x), y(all.y);
  ASSERT_TRUE(first.add(x.first(37 * 7), y.first(37 * 3)).ok());
  ASSERT_TRUE(second.add(x.subspan(37 * 7), y.subspan(37 * 3)).ok());
  const LinearReadout half = solved(first, 1), whole = solved(sums_of(all), 1);
  first.add(second);
  const LinearReadout joined = solved(first, 1);
  for (std::size_t i = 0; i < whole.weights.size(); ++i) {
    EXPECT_NEAR(joined.weights[i], whole.weights[i], 1e-6);
  }
  first.remove(second);
  const LinearReadout again = solved(first, 1);
  for (std::size_t i = 0; i < half.weights.size(); ++i) {
    EXPECT_NEAR(again.weights[i], half.weights[i], 1e-6);
  }
}

TEST(ridge, the_error_from_sums_is_that_of_the_rows) {
  const Rows fitted = random_rows(60, 6, 2, 3), others = random_rows(50, 6, 2, 4);
  const LinearReadout readout = solved(sums_of(fitted), 3);
  double error = 0;
  std::vector<float> out(2);
  for (std::size_t r = 0; r < 50; ++r) {
    readout.apply(std::span(others.x).subspan(r * 6, 6), out);
    for (std::size_t j = 0; j < 2; ++j) {
      error += std::pow(static_cast<double>(others.y[r * 2 + j] - out[j]), 2);
    }
  }
  const Result<double> got = sums_of(others).mean_error(readout);
  ASSERT_TRUE(got.ok());
  EXPECT_NEAR(*got, error / 50, 1e-5);
}

TEST(ridge, folds_choose_a_large_lambda_for_noise_and_a_small_one_for_a_rule) {
  const std::vector<double> lambdas = {1e-3, 1, 1e4};
  std::vector<RidgeSums> noise, rule;
  for (unsigned fold = 0; fold < 4; ++fold) {
    Rows rows = random_rows(20, 15, 1, 10 + fold);
    noise.push_back(sums_of(rows));
    for (int r = 0; r < rows.n; ++r) rows.y[r] = 2 * rows.x[r * 15] - rows.x[r * 15 + 3];
    rule.push_back(sums_of(rows));
  }
  EXPECT_EQ(*choose_lambda(noise, lambdas), 1e4);
  EXPECT_EQ(*choose_lambda(rule, lambdas), 1e-3);
  EXPECT_FALSE(choose_lambda(std::span(noise).first(1), lambdas).ok());
  EXPECT_FALSE(choose_lambda(noise, {}).ok());
}

TEST(ridge, what_is_not_determined_is_said) {
  RidgeSums sums(3, 1);
  // A constant input, and one that is another's double.
  for (int i = 0; i < 10; ++i) {
    const float a = static_cast<float>(i * i % 7);
    ASSERT_TRUE(sums.add(std::vector<float>{a, 2 * a, 1}, std::vector<float>{a}).ok());
  }
  const Result<RidgeFit> fit = RidgeFit::make(sums);
  ASSERT_TRUE(fit.ok());
  EXPECT_NE(fit->solve(0).status().message().find("a larger ridge helps"), std::string::npos);
  const Result<LinearReadout> readout = fit->solve(1e-6);
  ASSERT_TRUE(readout.ok());
  for (const float w : readout->weights) EXPECT_TRUE(std::isfinite(w));
  EXPECT_FALSE(fit->solve(-1).ok());
  EXPECT_FALSE(fit->solve(std::numeric_limits<double>::quiet_NaN()).ok());
  EXPECT_FALSE(RidgeFit::make(RidgeSums(2, 2)).ok());
}

TEST(ridge, numbers_that_are_none_are_refused_and_change_nothing) {
  RidgeSums sums(1, 1);
  ASSERT_TRUE(sums.add(std::vector<float>{0, 1, 2}, std::vector<float>{0, 1, 2}).ok());
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(sums.add(std::vector<float>{1, inf}, std::vector<float>{1, 1}).ok());
  EXPECT_FALSE(sums.add(std::vector<float>{1}, std::vector<float>{NAN}).ok());
  EXPECT_EQ(sums.n(), 3);
  EXPECT_NEAR(solved(sums, 0).weights[0], 1, 1e-6);
}

}  // namespace
TEST(ridge, many_inputs_that_follow_from_others_or_are_zero_leave_numbers) {
  // Rank 3 of 100.
  std::vector<float> x, y;
  for (int row = 0; row < 90; ++row) {
    const float parts[] = {static_cast<float>(row % 7) - 3, static_cast<float>(row % 5) - 2,
                           static_cast<float>(row % 3) - 1};
    for (int i = 0; i < 100; ++i) {
      x.push_back(i < 68 ? parts[i % 3] * (0.1f + 0.01f * static_cast<float>(i)) : 0.0f);
    }
    y.push_back(parts[0]);
  }
  RidgeSums sums(100, 1);
  ASSERT_TRUE(sums.add(x, y).ok());
  const auto fit = RidgeFit::make(sums);
  ASSERT_TRUE(fit.ok());
  for (const double lambda : {0.01, 1.0, 1000.0}) {
    const auto readout = fit->solve(lambda);
    ASSERT_TRUE(readout.ok()) << readout.status().message();
    for (const float w : readout->weights) EXPECT_TRUE(std::isfinite(w));
  }
  float out = 0;
  fit->solve(0.01)->apply(std::span(x).first(100), std::span(&out, 1));
  EXPECT_NEAR(out, y[0], 0.01);
}

}  // namespace quern::reservoir
