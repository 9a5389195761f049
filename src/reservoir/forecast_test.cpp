// Reservoir and readout together, against what is known of them.

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>

#include <gtest/gtest.h>

#include "reservoir/ridge.h"
#include "reservoir/states.h"

namespace quern::reservoir {
namespace {

/// dx/dt = 0.2 x(t - 17) / (1 + x(t - 17)^10) - 0.1 x, by Runge and Kutta's steps of 1 in which the
/// delayed value stays the same. Source: Mackey and Glass 1977; the discretisation of ReservoirPy.
std::vector<float> mackey_glass(int n) {
  std::mt19937 random(5555);
  std::uniform_real_distribution<double> draw(-0.1, 0.1);
  std::deque<double> history;
  for (int i = 0; i < 17; ++i) history.push_back(1.2 + draw(random));
  std::vector<float> out;
  double x = 1.2;
  for (int i = 0; i < n; ++i) {
    out.push_back(static_cast<float>(x));
    const double delayed = history.front();
    history.pop_front();
    history.push_back(x);
    const auto slope = [&](double at) {
      return 0.2 * delayed / (1 + std::pow(delayed, 10)) - 0.1 * at;
    };
    const double k1 = slope(x), k2 = slope(x + k1 / 2), k3 = slope(x + k2 / 2), k4 = slope(x + k3);
    x += (k1 + 2 * k2 + 2 * k3 + k4) / 6;
  }
  return out;
}

/// The state after each input, [n, n_units].
std::vector<float> states_over(const Network& network, std::span<const float> u) {
  States states(network, 1);
  const auto n_units = static_cast<std::size_t>(network.n_units());
  std::vector<float> out(u.size() * n_units);
  for (std::size_t t = 0; t < u.size(); ++t) {
    states.step(u.subspan(t, 1), 1, ThreadPool::serial());
    states.read(0, std::span(out).subspan(t * n_units, n_units));
  }
  return out;
}

LinearReadout fitted(std::span<const float> x, std::span<const float> y, int d_x, int d_y,
                     double lambda) {
  RidgeSums sums(d_x, d_y);
  EXPECT_TRUE(sums.add(x, y).ok());
  const Result<RidgeFit> fit = RidgeFit::make(sums);
  EXPECT_TRUE(fit.ok());
  const Result<LinearReadout> out = fit->solve(lambda);
  EXPECT_TRUE(out.ok()) << out.status().message();
  return *out;
}

// 100 units, leak 0.3, radius 1.25, ridge 1e-5, fitted on the steps 100 to 500, measured from 501
// to 2,000: ReservoirPy's readme has 0.0020282.
TEST(forecast, mackey_glass_one_step_ahead) {
  const std::vector<float> series = mackey_glass(2000);
  std::vector<double> errors;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Result<Network> network = Network::make({.n_units = 100,
                                                   .d_in = 1,
                                                   .n_links = 10,
                                                   .spectral_radius = 1.25f,
                                                   .leak = 0.3f,
                                                   .bias_scale = 1,
                                                   .seed = seed});
    ASSERT_TRUE(network.ok());
    const std::vector<float> x = states_over(*network, std::span(series).first(1999));
    const LinearReadout readout = fitted(std::span(x).subspan(100 * 100, 400 * 100),
                                         std::span(series).subspan(101, 400), 100, 1, 1e-5);
    double sum = 0;
    float out = 0;
    for (std::size_t t = 501; t < 1999; ++t) {
      readout.apply(std::span(x).subspan(t * 100, 100), {&out, 1});
      sum += std::pow(static_cast<double>(out - series[t + 1]), 2);
    }
    errors.push_back(std::sqrt(sum / (1999 - 501)));
  }
  std::sort(errors.begin(), errors.end());
  RecordProperty("median_rmse", std::to_string(errors[2]));
  EXPECT_LE(errors[2], 0.0021);
}

// Of a linear reservoir with inputs that follow from nothing, the share of the input k steps ago
// that a ridge finds again is m_k^T (P + lambda / n I)^-1 m_k / var(u), m_k = var(u) A^k b, P =
// var(u) sum of A^k b b^T (A^k)^T; the sum over k is the capacity. Source: Jaeger 2001, "Short term
// memory in echo state networks".
TEST(forecast, the_memory_of_a_linear_reservoir_is_what_theory_says) {
  constexpr int kUnits = 30, kSteps = 20'000, kLags = 90;
  constexpr double kLambda = 2;  // 1e-4 of the variance a row.
  const NetworkSpec spec = {.dynamics = Dynamics::kLinear,
                            .n_units = kUnits,
                            .d_in = 1,
                            .n_links = 5,
                            .spectral_radius = 0.9f,
                            .scaling = Scaling::kMeasured,
                            .leak = 1,
                            .seed = 4};
  const Result<Network> network = Network::make(spec);
  ASSERT_TRUE(network.ok());
  std::mt19937 random(9);
  std::uniform_real_distribution<float> draw(-1, 1);
  std::vector<float> u(kSteps);
  for (float& value : u) value = draw(random);
  const std::vector<float> x = states_over(*network, u);

  // Measured: 1 - error / variance for each lag, on the rows that it was fitted on.
  std::vector<float> y;
  for (std::size_t t = kLags; t < kSteps; ++t) {
    for (int k = 0; k < kLags; ++k) y.push_back(u[t - static_cast<std::size_t>(k)]);
  }
  const std::span<const float> rows = std::span(x).subspan(kLags * kUnits);
  const LinearReadout readout = fitted(rows, y, kUnits, kLags, kLambda);
  double measured = 0;
  std::vector<double> with_out(kLags), out_out(kLags);
  std::vector<float> out(kLags);
  for (std::size_t t = 0; t < kSteps - kLags; ++t) {
    readout.apply(rows.subspan(t * kUnits, kUnits), out);
    for (std::size_t k = 0; k < kLags; ++k) {
      with_out[k] += static_cast<double>(out[k] * y[t * kLags + k]);
      out_out[k] += static_cast<double>(out[k] * out[k]);
    }
  }
  const double n = kSteps - kLags, variance = 1.0 / 3;
  for (std::size_t k = 0; k < kLags; ++k) {
    measured += (2 * with_out[k] - out_out[k]) / n / variance;
  }

  // Theory.
  std::vector<std::vector<double>> reached;  // A^k b
  std::vector<double> b(kUnits, 0);
  for (std::size_t r = 0; r < kUnits; ++r) {
    b[r] = static_cast<double>(network->input().weights[network->input().begins[r]]);
  }
  for (int k = 0; k < 400; ++k) {
    reached.push_back(b);
    std::vector<double> next(kUnits, 0);
    for (std::size_t r = 0; r < kUnits; ++r) {
      for (auto e = network->recurrent().begins[r]; e < network->recurrent().begins[r + 1]; ++e) {
        next[r] += static_cast<double>(network->recurrent().weights[e]) *
                   b[network->recurrent().columns[e]];
      }
    }
    b = next;
  }
  std::vector<std::vector<double>> p(kUnits, std::vector<double>(kUnits, 0));
  for (const auto& m : reached) {
    for (std::size_t i = 0; i < kUnits; ++i) {
      for (std::size_t j = 0; j < kUnits; ++j) p[i][j] += variance * m[i] * m[j];
    }
  }
  for (std::size_t i = 0; i < kUnits; ++i) p[i][i] += kLambda / n;
  // w = (P + lambda / n)^-1 m by Gauss and Jordan, then what is left of the variance.
  double theory = 0;
  for (std::size_t k = 0; k < kLags; ++k) {
    auto a = p;
    std::vector<double> m = reached[k], w;
    for (double& value : m) value *= variance;
    w = m;
    for (std::size_t c = 0; c < kUnits; ++c) {
      std::size_t pivot = c;
      for (std::size_t r = c + 1; r < kUnits; ++r) {
        if (std::abs(a[r][c]) > std::abs(a[pivot][c])) pivot = r;
      }
      std::swap(a[c], a[pivot]);
      std::swap(w[c], w[pivot]);
      for (std::size_t r = 0; r < kUnits; ++r) {
        if (r == c) continue;
        const double factor = a[r][c] / a[c][c];
        for (std::size_t j = c; j < kUnits; ++j) a[r][j] -= factor * a[c][j];
        w[r] -= factor * w[c];
      }
    }
    for (std::size_t c = 0; c < kUnits; ++c) w[c] /= a[c][c];
    double explained = 0, squares = 0;
    for (std::size_t i = 0; i < kUnits; ++i) {
      explained += 2 * w[i] * m[i];
      squares += w[i] * m[i] - kLambda / n * w[i] * w[i];  // w^T P w
    }
    theory += (explained - squares) / variance;
  }
  RecordProperty("measured", std::to_string(measured));
  RecordProperty("theory", std::to_string(theory));
  EXPECT_GT(theory, 8);
  EXPECT_NEAR(measured, theory, 0.05 * theory);
}

}  // namespace
}  // namespace quern::reservoir
