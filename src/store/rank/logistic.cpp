#include "store/rank/logistic.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/dot.h"

namespace quern::store {
namespace {

constexpr int kMaxSteps = 25;
constexpr int kMaxHalvings = 20;
constexpr double kDone = 1e-18;  // Of the gain that one more step would bring.

double probability(double log_odds) { return 1 / (1 + std::exp(-log_odds)); }

/// log(1 + exp(z)), without leaving the range.
double log_1_plus_exp(double z) { return std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))); }

/// Signals less their mean, by their deviation, and a last column of ones for the bias.
struct Standardised {
  std::size_t n_columns = 0;
  std::vector<double> x;  // [n, n_columns]
  std::vector<double> mean, deviation;

  std::span<const double> row(std::size_t i) const {
    return std::span(x).subspan(i * n_columns, n_columns);
  }
};

Standardised standardise(const LogisticData& data) {
  const auto n_signals = static_cast<std::size_t>(data.n_signals);
  const std::size_t n = data.weights.size();
  Standardised out{.n_columns = n_signals + 1, .x = {}, .mean = {}, .deviation = {}};
  out.x.assign(n * out.n_columns, 1.0);
  double total = 0;
  for (const double w : data.weights) total += w;
  for (std::size_t j = 0; j < n_signals; ++j) {
    double mean = 0, squares = 0;
    for (std::size_t i = 0; i < n; ++i) mean += data.weights[i] * data.x[i * n_signals + j] / total;
    for (std::size_t i = 0; i < n; ++i) {
      const double off = data.x[i * n_signals + j] - mean;
      squares += data.weights[i] * off * off / total;
    }
    // Rounding alone is no spread.
    const bool is_flat = std::sqrt(squares) <= 1e-12 * std::max(1.0, std::abs(mean));
    const double deviation = is_flat ? 0 : std::sqrt(squares);
    for (std::size_t i = 0; i < n; ++i) {
      const double off = data.x[i * n_signals + j] - mean;
      out.x[i * out.n_columns + j] = is_flat ? 0 : off / deviation;
    }
    out.mean.push_back(mean);
    out.deviation.push_back(deviation);
  }
  return out;
}

/// What is maximised; beta is the weights and then the bias, which has no ridge.
double objective(const LogisticData& data, const Standardised& s, std::span<const double> beta,
                 double ridge) {
  double sum = -ridge / 2 * dot(beta.first(beta.size() - 1), beta.first(beta.size() - 1));
  for (std::size_t i = 0; i < data.weights.size(); ++i) {
    const double z = dot(s.row(i), beta);
    sum += data.weights[i] * (data.is_positive[i] * z - log_1_plus_exp(z));
  }
  return sum;
}

/// Solves a * x = b for a symmetric positive definite a [n, n] by Cholesky's factors; a is used up
/// and b becomes x.
void solve(std::vector<double>& a, std::vector<double>& b) {
  const std::size_t n = b.size();
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < j; ++k) a[j * n + j] -= a[j * n + k] * a[j * n + k];
    // Rounding may have used up a direction that hardly counts.
    a[j * n + j] = std::sqrt(std::max(a[j * n + j], 1e-12));
    for (std::size_t i = j + 1; i < n; ++i) {
      for (std::size_t k = 0; k < j; ++k) a[i * n + j] -= a[i * n + k] * a[j * n + k];
      a[i * n + j] /= a[j * n + j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i * n + k] * b[k];
    b[i] /= a[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[k * n + i] * b[k];
    b[i] /= a[i * n + i];
  }
}

/// Newton's step from beta, and the gain that it promises.
struct Step {
  std::vector<double> direction;
  double gain;
};

Step newton_step(const LogisticData& data, const Standardised& s, std::span<const double> beta,
                 double ridge) {
  const std::size_t m = s.n_columns;
  std::vector<double> gradient(m), curvature(m * m);
  for (std::size_t j = 0; j + 1 < m; ++j) {
    gradient[j] = -ridge * beta[j];
    curvature[j * m + j] = ridge;
  }
  for (std::size_t i = 0; i < data.weights.size(); ++i) {
    const auto row = s.row(i);
    const double p = probability(dot(row, beta));
    const double slope = data.weights[i] * (data.is_positive[i] - p);
    const double bend = data.weights[i] * p * (1 - p);
    for (std::size_t j = 0; j < m; ++j) {
      gradient[j] += slope * row[j];
      for (std::size_t k = 0; k <= j; ++k) curvature[j * m + k] += bend * row[j] * row[k];
    }
  }
  Step step{.direction = gradient, .gain = 0};
  solve(curvature, step.direction);
  step.gain = dot(step.direction, gradient) / 2;
  return step;
}

std::vector<double> maximise(const LogisticData& data, const Standardised& s, double ridge) {
  std::vector<double> beta(s.n_columns);
  double value = objective(data, s, beta, ridge);
  for (int i_step = 0; i_step < kMaxSteps; ++i_step) {
    Step step = newton_step(data, s, beta, ridge);
    if (!(step.gain > kDone)) break;
    bool is_better = false;
    for (int halving = 0; halving < kMaxHalvings && !is_better; ++halving) {
      std::vector<double> next = beta;
      for (std::size_t j = 0; j < next.size(); ++j) next[j] += step.direction[j];
      const double next_value = objective(data, s, next, ridge);
      is_better = next_value > value;
      if (is_better) {
        beta = std::move(next);
        value = next_value;
      }
      for (double& d : step.direction) d /= 2;
    }
    if (!is_better) break;
  }
  return beta;
}

Status check(const LogisticData& data) {
  double positive = 0, negative = 0;
  for (std::size_t i = 0; i < data.weights.size(); ++i) {
    if (!(data.weights[i] >= 0) || !std::isfinite(data.weights[i]) ||
        !(data.is_positive[i] >= 0 && data.is_positive[i] <= 1)) {
      return {Code::kBadInput, "a judgement or its weight is out of range"};
    }
    positive += data.weights[i] * data.is_positive[i];
    negative += data.weights[i] * (1 - data.is_positive[i]);
  }
  for (const double v : data.x) {
    if (!std::isfinite(v)) return {Code::kBadInput, "a signal is not a finite number"};
  }
  if (!(positive > 0)) return {Code::kBadInput, "nothing is judged relevant"};
  if (!(negative > 0)) return {Code::kBadInput, "nothing is judged irrelevant"};
  return {};
}

}  // namespace

double LogisticModel::log_odds(std::span<const double> x) const {
  QUERN_CHECK(x.size() == weights.size());
  return bias + dot(x, weights);
}

Result<LogisticModel> fit_logistic(const LogisticData& data, double ridge) {
  QUERN_CHECK(data.n_signals >= 1 && data.n_signals <= kMaxLogisticSignals && ridge > 0);
  QUERN_CHECK(data.is_positive.size() == data.weights.size());
  QUERN_CHECK(data.x.size() == data.weights.size() * static_cast<std::size_t>(data.n_signals));
  QUERN_TRY(check(data));

  const Standardised s = standardise(data);
  const std::vector<double> beta = maximise(data, s, ridge);
  LogisticModel model{.weights = {}, .bias = beta.back()};
  for (std::size_t j = 0; j + 1 < beta.size(); ++j) {
    model.weights.push_back(s.deviation[j] > 0 ? beta[j] / s.deviation[j] : 0);
    model.bias -= model.weights[j] * s.mean[j];
  }
  return model;
}

}  // namespace quern::store
