#include "reservoir/recursive_least_squares.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/check.h"
#include "kernels/gram.h"

namespace quern::reservoir {
namespace {

// P may grow to so many times what it began with before nothing is forgotten any more.
constexpr double kMostGrowth = 1e4;

}  // namespace

Result<RecursiveLeastSquares> RecursiveLeastSquares::make(int d_x, int d_y,
                                                          const RecursiveOptions& options) {
  QUERN_CHECK(d_x >= 1 && d_y >= 1);
  if (!(options.ridge > 0) || !std::isfinite(options.ridge)) {
    return {Code::kBadInput, fmt::format("a ridge of {}, wanted above 0", options.ridge)};
  }
  if (!(options.forgetting > 0 && options.forgetting <= 1)) {
    return {Code::kBadInput,
            fmt::format("a forgetting of {}, wanted above 0 and 1 at most", options.forgetting)};
  }
  return RecursiveLeastSquares(d_x, d_y, options);
}

RecursiveLeastSquares::RecursiveLeastSquares(int d_x, int d_y, const RecursiveOptions& options)
    : d_x_(d_x), d_y_(d_y), options_(options) {
  const auto n = static_cast<std::size_t>(d_x) + 1;
  p_.resize(n * n);
  w_.resize(n * static_cast<std::size_t>(d_y));
  for (std::size_t i = 0; i < n; ++i) p_[i * n + i] = 1 / options.ridge;
  trace_ = static_cast<double>(n) / options.ridge;
}

Status RecursiveLeastSquares::learn(std::span<const float> x, std::span<const float> y) {
  const auto n = static_cast<std::size_t>(d_x_) + 1, ny = static_cast<std::size_t>(d_y_);
  QUERN_CHECK(x.size() + 1 == n && y.size() == ny);
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(x.begin(), x.end(), finite) || !std::all_of(y.begin(), y.end(), finite)) {
    return {Code::kBadInput, "a row to learn from has numbers that are not finite"};
  }
  std::vector<double> input(x.begin(), x.end());
  input.push_back(1);
  std::vector<double> px(n, 0), error(y.begin(), y.end());
  for (std::size_t i = 0; i < n; ++i) {
    kernels::add_scaled(input[i], &p_[i * n], static_cast<int>(n), px.data());
    kernels::add_scaled(-input[i], &w_[i * ny], d_y_, error.data());
  }
  const bool may_forget = trace_ < kMostGrowth * static_cast<double>(n) / options_.ridge;
  const double keep = may_forget ? options_.forgetting : 1;
  double seen = keep;
  for (std::size_t i = 0; i < n; ++i) seen += input[i] * px[i];
  trace_ = 0;
  for (std::size_t i = 0; i < n; ++i) {
    kernels::add_scaled(px[i] / seen, error.data(), d_y_, &w_[i * ny]);
    double* row = &p_[i * n];
    // px[i] * px[j] is one number both ways round: P stays symmetric.
    for (std::size_t j = 0; j < n; ++j) row[j] = (row[j] - px[i] * px[j] / seen) / keep;
    // Rounding must not make a direction certain beyond measure.
    row[i] = std::max(row[i], 0.0);
    trace_ += row[i];
  }
  return {};
}

LinearReadout RecursiveLeastSquares::readout() const {
  LinearReadout out = {.d_x = d_x_, .d_y = d_y_};
  const auto n_weights = static_cast<std::ptrdiff_t>(d_x_) * d_y_;
  out.weights.assign(w_.begin(), w_.begin() + n_weights);
  out.bias.assign(w_.begin() + n_weights, w_.end());
  return out;
}

}  // namespace quern::reservoir
